package vpcep

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// The tag of an idempotency key holds the key and a digest of the request that created
// the endpoint. Both fit in the 43 characters that the service allows.
const (
	maxKeyLength    = 36
	digestSeparator = "~"
	digestLength    = maxTagValueLength - maxKeyLength - len(digestSeparator)
)

// requestDigest returns a short digest that is the same for requests with the same
// meaning: the order of tags, whitelist and route tables does not count.
func requestDigest(req CreateEndpointRequest) string {
	req.IdempotencyKey, req.Resume = "", false
	req.Tags = sortedTags(req.Tags)
	req.Whitelist = slices.Sorted(slices.Values(canonicalBlocks(req.Whitelist)))
	req.RouteTables = slices.Sorted(slices.Values(req.RouteTables))
	req.IPv6Address = canonicalBlock(req.IPv6Address)
	if document, ok := wire.Document(wire.Of(req.PolicyDocument)); ok { // a string may hold the object
		req.PolicyDocument = document
	}
	return digestOf(req)
}

// serviceRequestDigest is requestDigest for services: the order of tags and ports does
// not count.
func serviceRequestDigest(req CreateServiceRequest) string {
	req.IdempotencyKey, req.Resume = "", false
	req.Tags = sortedTags(req.Tags)
	req.Ports = slices.SortedFunc(slices.Values(withProtocol(req.Ports)), func(a, b ServicePort) int {
		return cmp.Or(cmp.Compare(a.ClientPort, b.ClientPort), cmp.Compare(a.ServerPort, b.ServerPort), cmp.Compare(a.Protocol, b.Protocol))
	})
	return digestOf(req)
}

func sortedTags(tags []Tag) []Tag {
	return slices.SortedFunc(slices.Values(tags), func(a, b Tag) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value)) })
}

// digestOf returns the digest of a request.
func digestOf(req any) string {
	sum := sha256.Sum256(canonicalJSON(req))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:digestLength])
}

// canonicalJSON marshals v with the members of objects sorted.
func canonicalJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var plain any
	reader := json.NewDecoder(bytes.NewReader(data))
	reader.UseNumber() // all digits count
	if reader.Decode(&plain) != nil {
		return data
	}
	data, _ = json.Marshal(plain)
	return data
}

// keyTag returns the tag of an idempotency key.
func keyTag(key, digest string) Tag {
	if digest != "" {
		key += digestSeparator + digest
	}
	return Tag{Key: IdempotencyTagKey, Value: key}
}

// splitKeyTag takes the tag of an idempotency key out of tags. The digest is "" if this
// library did not write the tag.
func splitKeyTag(tags []Tag) (others []Tag, key, digest string) {
	i := slices.IndexFunc(tags, func(t Tag) bool { return t.Key == IdempotencyTagKey })
	if i < 0 {
		return tags, "", ""
	}
	key = tags[i].Value
	others = slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return t.Key == IdempotencyTagKey })
	if at := len(key) - digestLength - len(digestSeparator); at > 0 && strings.HasPrefix(key[at:], digestSeparator) {
		key, digest = key[:at], key[at+len(digestSeparator):]
	}
	return others, key, digest
}

// withKeyTag returns tags with the key's tag appended, or tags itself if there is no key.
func withKeyTag(tags []Tag, key, digest string) []Tag {
	if key == "" {
		return tags
	}
	return append(slices.Clip(tags), keyTag(key, digest))
}
