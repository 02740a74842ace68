package oauth

import (
	"net/url"
	"slices"
)

// Bounds of the resource parameter (RFC 8707 §2).
const (
	maxResources = 8
	maxResource  = 512 // bytes
)

// parseResources reads the resources a request names: absolute URIs without
// fragment. One named twice counts once.
func parseResources(values []string) ([]string, error) {
	var resources []string
	for _, value := range values {
		u, err := url.Parse(value)
		if err != nil || len(value) > maxResource || !isURIText(value) || u.Scheme == "" || u.Host == "" && u.Opaque == "" || u.Fragment != "" {
			return nil, refuse(InvalidTarget, "RFC 8707 §2", "resource is not an absolute URI without fragment")
		}
		if !slices.Contains(resources, value) {
			resources = append(resources, value)
		}
	}
	if len(resources) > maxResources {
		return nil, refuse(InvalidTarget, "RFC 8707 §2", "too many resources are named")
	}
	return resources, nil
}

// admitted decides whether the client may ask for tokens for the resources. A
// client, or failing that the instance, may have a list; without one a client may
// name any resource, which only narrows where its tokens are good.
func (c Client) admitted(resources []string) error {
	if len(c.Resources) == 0 {
		return nil
	}
	for _, resource := range resources {
		if !slices.Contains(c.Resources, resource) {
			return refuse(InvalidTarget, "RFC 8707 §2", "the application may not ask for tokens for this resource")
		}
	}
	return nil
}

// NarrowResources gives the resources of an access token: those the token request
// names, all of which must have been granted, or else all that were.
func NarrowResources(asked, granted []string) ([]string, error) {
	if len(asked) == 0 {
		return granted, nil
	}
	for _, resource := range asked {
		if !slices.Contains(granted, resource) {
			return nil, refuse(InvalidTarget, "RFC 8707 §2.2", "resource was not part of the authorization")
		}
	}
	return asked, nil
}

func (a *authorization) resources() (err error) {
	if a.request.resources, err = parseResources(a.params.Resources); err != nil {
		return err
	}
	return a.client.admitted(a.request.resources)
}

// ResourceMetadata describes a resource below the issuer (RFC 9728 §2).
type ResourceMetadata struct {
	Resource      string   `json:"resource"`
	Servers       []string `json:"authorization_servers"`
	Scopes        Scopes   `json:"scopes_supported,omitempty"`
	BearerMethods []string `json:"bearer_methods_supported"`
}

// NewResourceMetadata describes the resource at a path below the issuer: user info,
// for the empty path, or one of those that the instance lists; ok is false for any
// other.
func NewResourceMetadata(issuer, path string, listed []string, organizations bool) (m ResourceMetadata, ok bool) {
	m = ResourceMetadata{Resource: issuer + path, Servers: []string{issuer}, BearerMethods: []string{"header"}}
	if path == "" {
		m.Scopes = BuiltInScopes(organizations)
		return m, true
	}
	return m, slices.Contains(listed, m.Resource)
}
