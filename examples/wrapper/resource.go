package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/vpcep/vpcep-go"
)

// service is what this wrapper needs of a *vpcep.Client. A test can fake it, or use
// vpceptest.
type service interface {
	CreateEndpoint(ctx context.Context, req vpcep.CreateEndpointRequest, opts ...vpcep.CallOption) (*vpcep.Endpoint, error)
	GetEndpoint(ctx context.Context, id string, opts ...vpcep.CallOption) (*vpcep.Endpoint, error)
	ListEndpoints(ctx context.Context, filter vpcep.EndpointFilter, opts ...vpcep.CallOption) iter.Seq2[*vpcep.Endpoint, error]
	DeleteEndpoint(ctx context.Context, id string, opts ...vpcep.CallOption) error
	UpdateWhitelist(ctx context.Context, id string, change vpcep.WhitelistChange, opts ...vpcep.CallOption) (*vpcep.Endpoint, error)
	SetTags(ctx context.Context, id string, tags []vpcep.Tag, opts ...vpcep.CallOption) error
	WaitForEndpoint(ctx context.Context, id string, opts vpcep.WaitOptions) (*vpcep.Endpoint, error)
	WaitForEndpointChange(ctx context.Context, id string, has vpcep.Condition, opts vpcep.WaitOptions) (*vpcep.Endpoint, error)
	WaitForEndpointDeleted(ctx context.Context, id string, opts vpcep.WaitOptions) error
}

// config is what a user of the wrapper configures.
type config struct {
	ServiceID string            `json:"service_id"`
	VPCID     string            `json:"vpc_id"`
	SubnetID  string            `json:"subnet_id"`
	Whitelist []string          `json:"whitelist"`
	Tags      map[string]string `json:"tags"`
}

// state is what the wrapper keeps between two processes.
type state struct {
	// Key is written before the endpoint is created. A process that finds a key and no
	// ID repeats the create and gets the same endpoint, or looks for it to delete it.
	Key string `json:"key"`
	ID  string `json:"id,omitempty"`
}

// resource manages one endpoint in the shape that tools like Terraform expect:
// create, read, update, delete.
type resource struct {
	api       service
	stateFile string
	// listLag is how long lists may lag behind a create; default: what the library
	// expects of the service.
	listLag time.Duration
}

// create creates the endpoint, or resumes a create that an earlier process began.
func (r *resource) create(ctx context.Context, cfg config, newKey func() string) (*vpcep.Endpoint, error) {
	s, err := r.load()
	if err != nil {
		return nil, err
	}
	isStored := s.Key != ""
	if !isStored {
		s.Key = newKey()
		if err := r.save(s); err != nil { // before anything is created
			return nil, err
		}
	}
	endpoint, err := r.api.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: cfg.ServiceID,
		VPCID:             cfg.VPCID,
		SubnetID:          cfg.SubnetID,
		Whitelist:         cfg.Whitelist,
		EnableWhitelist:   len(cfg.Whitelist) > 0,
		Tags:              tagsOf(cfg),
		IdempotencyKey:    s.Key,
		Resume:            isStored, // an earlier process may have sent its request
	})
	if errors.Is(err, vpcep.ErrIdempotencyMismatch) {
		return nil, fmt.Errorf("the configuration has changed since this create began: "+
			"restore it, or delete the resource and create it again: %w", err)
	}
	if err != nil {
		return nil, err
	}
	s.ID = endpoint.ID
	if err := r.save(s); err != nil {
		return nil, err
	}
	return r.api.WaitForEndpoint(ctx, s.ID, vpcep.WaitOptions{})
}

// read returns nil if the endpoint is gone: the tool will create it again.
func (r *resource) read(ctx context.Context) (*vpcep.Endpoint, error) {
	s, err := r.load()
	if err != nil || s.ID == "" {
		return nil, err
	}
	endpoint, err := r.api.GetEndpoint(ctx, s.ID)
	if errors.Is(err, vpcep.ErrEndpointNotFound) {
		return nil, r.forget()
	}
	return endpoint, err
}

// update brings the endpoint in line with cfg, and waits until the change has taken effect.
func (r *resource) update(ctx context.Context, cfg config) (*vpcep.Endpoint, error) {
	s, err := r.load()
	if err != nil {
		return nil, err
	}
	if s.ID == "" {
		return nil, errors.New("there is nothing to update: create the resource first")
	}
	enable := len(cfg.Whitelist) > 0
	whitelist := vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries(cfg.Whitelist...), Enable: &enable}
	if _, err := r.api.UpdateWhitelist(ctx, s.ID, whitelist); err != nil {
		return nil, err
	}
	tags := tagsOf(cfg)
	if err := r.api.SetTags(ctx, s.ID, tags); err != nil {
		return nil, err
	}
	hasWhitelist, hasTags := vpcep.HasWhitelist(whitelist), vpcep.HasTags(tags...)
	return r.api.WaitForEndpointChange(ctx, s.ID, vpcep.All(hasWhitelist, hasTags), vpcep.WaitOptions{})
}

// delete deletes the endpoint and waits until it is gone. After a create that was cut off,
// the state has a key and no ID, so it looks for the endpoint first.
func (r *resource) delete(ctx context.Context) error {
	s, err := r.load()
	if err != nil || s.Key == "" {
		return err
	}
	ids := []string{s.ID}
	if s.ID == "" {
		if ids, err = r.find(ctx, s.Key); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := r.api.DeleteEndpoint(ctx, id); err != nil && !errors.Is(err, vpcep.ErrEndpointNotFound) {
			return err
		}
		if err := r.api.WaitForEndpointDeleted(ctx, id, vpcep.WaitOptions{}); err != nil {
			return err
		}
	}
	return r.forget()
}

// find lists the endpoints of a key until one shows up, or until lists must have caught up.
func (r *resource) find(ctx context.Context, key string) (ids []string, err error) {
	lag := cmp.Or(r.listLag, vpcep.DefaultReconcileWindow)
	for start := time.Now(); ; {
		isLast := time.Since(start) >= lag
		for endpoint, err := range r.api.ListEndpoints(ctx, vpcep.EndpointFilter{}) {
			if err != nil {
				return nil, err
			}
			if endpoint.IdempotencyKey == key {
				ids = append(ids, endpoint.ID)
			}
		}
		if len(ids) > 0 || isLast {
			return ids, nil
		}
		select {
		case <-time.After(min(lag, time.Second)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func tagsOf(cfg config) []vpcep.Tag {
	tags := []vpcep.Tag{}
	for key, value := range cfg.Tags {
		tags = append(tags, vpcep.Tag{Key: key, Value: value})
	}
	return tags
}

func (r *resource) load() (s state, err error) {
	data, err := os.ReadFile(r.stateFile)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	return s, err
}

// save replaces the state in one step: a crash leaves the old one or the new one,
// never half of it. Only its owner can read the file.
func (r *resource) save(s state) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(r.stateFile), filepath.Base(r.stateFile)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // after a success, there is none
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync() // the name must not be there before the content
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), r.stateFile)
}

func (r *resource) forget() error { return os.Remove(r.stateFile) }
