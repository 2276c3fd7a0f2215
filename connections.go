package vpcep

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// Connection is an endpoint as the owner of its service sees it. It is read as
// tolerantly as Endpoint.
type Connection struct {
	// EndpointID is the ID of the endpoint.
	EndpointID string
	// MarkerID identifies the endpoint's packets. It needs 64 bits.
	MarkerID int64
	// Status is pendingAcceptance until the owner accepts or rejects the endpoint.
	Status EndpointStatus
	// DomainID is the account of the endpoint's user.
	DomainID string
	// CreatedAt and UpdatedAt are in UTC, and zero if absent.
	CreatedAt, UpdatedAt time.Time
	// Description is free text.
	Description string
	// Errors are the reasons that the service gives, from the field "error".
	Errors []ResourceError
	// Extra holds the fields that this version does not know or whose type is
	// unexpected. It is nil if there are none.
	Extra map[string]json.RawMessage
}

// ConnectionFilter selects connections of a service and their order. The zero
// value selects all, newest first.
type ConnectionFilter struct {
	// EndpointID selects one endpoint by its ID, and MarkerID by its marker ID, if not 0.
	EndpointID string
	MarkerID   int64
	// Status selects the connections in one status, for example StatusPendingAcceptance
	// for those that wait for the owner.
	Status EndpointStatus
	// SortKey is create_at (the default) or update_at.
	SortKey string
	// SortDir is desc (the default) or asc.
	SortDir string
	// PageSize is how many connections one request asks for, 1 to 1000; 0 means 100.
	PageSize int
}

// UnmarshalJSON reads a connection tolerantly. It fails only if data is not a JSON
// object.
func (k *Connection) UnmarshalJSON(data []byte) error { return connectionResource.unmarshal(data, k) }

// MarshalJSON writes the connection as the service does, including Extra.
func (k Connection) MarshalJSON() ([]byte, error) { return connectionResource.marshal(k) }

// ListConnections lists the endpoints that connect to a service of this project: GET
// /v1/{project_id}/vpc-endpoint-services/{service_id}/connections. It pages as
// ListEndpoints does, with the same guarantees, even if the caller accepts or rejects
// connections while listing them by Status.
func (c *Client) ListConnections(ctx context.Context, serviceID string, filter ConnectionFilter, opts ...CallOption) iter.Seq2[*Connection, error] {
	return list(ctx, c, opts, connections(serviceID, filter))
}

// CountConnections returns how many connections of a service filter selects, as
// CountEndpoints does.
func (c *Client) CountConnections(ctx context.Context, serviceID string, filter ConnectionFilter, opts ...CallOption) (int64, error) {
	return count(ctx, c, opts, connections(serviceID, filter))
}

func connections(serviceID string, filter ConnectionFilter) listing[Connection] {
	markerID := ""
	if filter.MarkerID != 0 {
		markerID = strconv.FormatInt(filter.MarkerID, 10)
	}
	return listing[Connection]{
		of: connectionResource, path: connectionsPath, ids: []string{serviceID}, member: "connections",
		filter: listFilter{
			by: []parameter{
				{"id", filter.EndpointID, maxIDLength},
				{"status", string(filter.Status), maxIDLength},
				{"marker_id", markerID, maxIDLength},
			},
			sortKey: filter.SortKey, sortDir: filter.SortDir, pageSize: filter.PageSize,
		},
	}
}

// connectionsPath is the collection of a service's connections.
const connectionsPath = servicesPath + "/{service_id}/connections"

// AcceptConnection lets an endpoint connect to a service of this project: POST
// /v1/{project_id}/vpc-endpoint-services/{service_id}/connections/action. It returns
// the connection from the response, with at least the ID of its endpoint;
// WaitForConnection waits until it is accepted.
//
// It can be repeated after a lost response: if the service refuses the decision, one
// more request reads the connection, and if it is already accepted, the call succeeds.
//
// Errors are *ValidationError, ErrServiceNotFound, ErrEndpointNotFound, and any other
// refusal as an *APIError (CodeEndpointNotOfService, CodeEndpointDeleting).
func (c *Client) AcceptConnection(ctx context.Context, serviceID, endpointID string, opts ...CallOption) (*Connection, error) {
	return c.decideConnection(ctx, serviceID, endpointID, "receive", StatusAccepted, opts)
}

// RejectConnection keeps an endpoint from connecting to a service of this project, even
// if it was accepted before. It is the opposite of AcceptConnection.
func (c *Client) RejectConnection(ctx context.Context, serviceID, endpointID string, opts ...CallOption) (*Connection, error) {
	return c.decideConnection(ctx, serviceID, endpointID, "reject", StatusRejected, opts)
}

// decideConnection sends a decision. It treats a refusal as success if the connection
// already is in the wanted status: an earlier decision, whose response was lost, put it
// there.
func (c *Client) decideConnection(ctx context.Context, serviceID, endpointID, action string, wanted EndpointStatus, opts []CallOption) (*Connection, error) {
	settings, err := c.begin(ctx, opts)
	if err != nil {
		return nil, err
	}
	ctx, cancel := settings.bound(ctx)
	defer cancel()
	decided, err := doWith(ctx, c, settings, decision(serviceID, endpointID, action))
	var refusal *APIError
	if !errors.As(err, &refusal) || refusal.isThrottled() || refusal.StatusCode != http.StatusBadRequest && refusal.StatusCode != http.StatusConflict {
		return decided, err
	}
	settings.response = nil // keep the response to the decision
	shown, readErr := doWith(ctx, c, settings, getConnection(serviceID, endpointID))
	if readErr != nil || shown == nil || shown.Status != wanted {
		return nil, err
	}
	return shown, nil
}

func decision(serviceID, endpointID, action string) request[*Connection] {
	return request[*Connection]{
		operation: retry.Update, method: http.MethodPost, path: connectionsPath + "/action", ids: []string{serviceID},
		check: func(f *fieldErrors) { f.pathSegment("endpoint_id", endpointID) },
		body: struct {
			Endpoints []string `json:"endpoints"` // the service takes only one
			Action    string   `json:"action"`
		}{[]string{endpointID}, action},
		decode: func(ctx context.Context, data string) (*Connection, error) {
			return decodeDecision(ctx, data, endpointID)
		},
	}
}

// decodeDecision reads the connection of an endpoint from the response to a decision. A
// response that leaves it out is valid, too.
func decodeDecision(ctx context.Context, data string, endpointID string) (*Connection, error) {
	answered, err := decodeConnections(ctx, data)
	if k := answered[endpointID]; k != nil {
		return k, err
	}
	return &Connection{EndpointID: endpointID}, err
}

// decodeConnections reads a response that lists connections, and returns them by their
// endpoints. An empty body is valid.
func decodeConnections(ctx context.Context, body string) (connections map[string]*Connection, err error) {
	err = decodeMember(ctx, body, "connections", func(v wire.Value) {
		connections = map[string]*Connection{}
		wire.Each(v, func(v wire.Value) {
			if k, err := connectionResource.read(v); err == nil {
				connections[k.EndpointID] = k
			}
		})
	})
	return connections, err
}

// ConnectionDescription is what the owner of a service notes about a connection.
type ConnectionDescription struct {
	// EndpointID is the ID of the endpoint. Required, 1 to 64 characters.
	EndpointID string `json:"id"`
	// Description must not contain < or >. An empty one deletes it.
	Description string `json:"description"`
}

// UpdateConnectionDescriptions describes connections of a service of this project, all
// in one request: PUT
// /v1/{project_id}/vpc-endpoint-services/{service_id}/connections/description. It
// returns the connections in the order of the request. A connection that the response
// leaves out has only its endpoint's ID and the description.
//
// Errors are those of AcceptConnection, and *ValidationError.
func (c *Client) UpdateConnectionDescriptions(ctx context.Context, serviceID string, descriptions []ConnectionDescription, opts ...CallOption) ([]*Connection, error) {
	return do(ctx, c, opts, request[[]*Connection]{
		operation: retry.Update, method: http.MethodPut, path: connectionsPath + "/description", ids: []string{serviceID},
		validate: func(f *fieldErrors) { f.connectionDescriptions(descriptions) },
		body: struct {
			Connections []ConnectionDescription `json:"connections"`
		}{descriptions},
		decode: func(ctx context.Context, body string) ([]*Connection, error) {
			answered, err := decodeConnections(ctx, body)
			described := make([]*Connection, len(descriptions))
			for i, d := range descriptions {
				if described[i] = answered[d.EndpointID]; described[i] == nil {
					described[i] = &Connection{EndpointID: d.EndpointID, Description: d.Description}
				}
			}
			return described, err
		},
	})
}

// WaitForConnection polls the connections of a service of this project until an
// endpoint's connection is accepted, or in one of opts.Targets, and returns it. It is
// for the owner of the service: the endpoint itself may be in another project.
// opts.OnPoll is called with the connection, converted to an Endpoint. The call waits
// until its time is up for a connection that does not exist yet; if a connection existed
// and cannot be found for five seconds, the wait ends with ErrEndpointNotFound.
//
// Errors are those of WaitForEndpoint, and ErrServiceNotFound. The connection is
// returned with an *EndpointFailedError, and is nil with any other error.
func (c *Client) WaitForConnection(ctx context.Context, serviceID, endpointID string, opts WaitOptions) (*Connection, error) {
	targets := opts.Targets
	if len(targets) == 0 {
		targets = []EndpointStatus{StatusAccepted}
	}
	return wait[Connection]{
		of: connectionResource, id: endpointID, read: getConnection(serviceID, endpointID),
		until: connectionResource.until(func(k *Connection) bool { return slices.Contains(targets, k.Status) }, connectionResource.dead),
	}.run(ctx, c, opts)
}

// getConnection reads the connection of one endpoint, or nil if there is none.
func getConnection(serviceID, endpointID string) request[*Connection] {
	const limit = 10 // more than one, in case the service ignores the filter
	l := connections(serviceID, ConnectionFilter{EndpointID: endpointID})
	page := l.request(0, limit)
	return request[*Connection]{
		operation: page.operation, method: page.method, path: page.path, ids: page.ids, query: page.query,
		check: func(f *fieldErrors) { f.pathSegment("endpoint_id", endpointID) },
		decode: func(ctx context.Context, body string) (*Connection, error) {
			page, err := l.decode(ctx, body, limit)
			if err != nil {
				return nil, err
			}
			for _, item := range page.Items {
				if !item.Hidden && item.ID == endpointID {
					return item.Value, nil
				}
			}
			return nil, nil
		},
	}
}

// asEndpoint returns the connection as an Endpoint.
func (k *Connection) asEndpoint() *Endpoint {
	if k == nil {
		return nil
	}
	return &Endpoint{
		ID: k.EndpointID, MarkerID: k.MarkerID, Status: k.Status, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt,
		Description: k.Description, Errors: k.Errors,
	}
}
