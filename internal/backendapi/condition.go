package backendapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/signet-auth/signet/internal/admin"
)

// A tagged answer is an object with its version, which becomes the ETag. What is
// noted beside an object, as when it was last used, changes the tag too, but keeps
// nobody from changing the version that was read.
type tagged struct {
	object  any
	version string
	noted   []*int64 // times as objects have them
}

// conditional are the requests that If-Match is heeded on. On others it is refused:
// whoever sends it relies on it.
var conditional = map[string]bool{
	"PATCH /v1/oauth_applications/{id}":             true,
	"DELETE /v1/oauth_applications/{id}":            true,
	"PATCH /v1/users/{id}":                          true,
	"DELETE /v1/users/{id}":                         true,
	"PATCH /v1/users/{id}/metadata":                 true,
	"PUT /v1/users/{id}/metadata":                   true,
	"PATCH /v1/instance/oauth_application_settings": true,
	"PATCH /v1/oauth_scopes/{name...}":              true,

	"PATCH /v1/instance/organization_settings":                    true,
	"PATCH /v1/organizations/{id}":                                true,
	"DELETE /v1/organizations/{id}":                               true,
	"PATCH /v1/organizations/{id}/metadata":                       true,
	"PUT /v1/organizations/{id}/metadata":                         true,
	"PATCH /v1/organizations/{id}/memberships/{user_id}":          true,
	"DELETE /v1/organizations/{id}/memberships/{user_id}":         true,
	"PATCH /v1/organizations/{id}/memberships/{user_id}/metadata": true,
}

// checkCondition refuses an If-Match that cannot be read or would not be heeded.
func checkCondition(r *http.Request) error {
	given, err := entityTags(r, "If-Match")
	if err != nil {
		return err
	}
	if given != nil && !conditional[r.Method+" "+r.Pattern] {
		return refuse("precondition_invalid", "", "This request takes no If-Match.")
	}
	return nil
}

// provided is admin, bound to the If-Match of the request if there is one (RFC 9110
// §13.1.1).
func (a *API) provided(r *http.Request) *admin.Admin {
	given, err := entityTags(r, "If-Match")
	if err != nil || given == nil { // call has refused what cannot be read
		return a.admin
	}
	return a.admin.Provided(func(version string) bool {
		return slices.ContainsFunc(given, func(tag string) bool {
			of, _, _ := strings.Cut(strings.TrimSuffix(tag, `"`), "-")
			return tag == "*" || of == `"`+version
		})
	})
}

// untag sets the ETag of the answer to a request that reads or changes an object,
// and reports whether its sender has the object already (RFC 9110 §13.1.2).
func untag(h http.Header, r *http.Request, answer any) (object any, known bool, err error) {
	t, ok := answer.(tagged)
	if !ok {
		return answer, false, nil
	}
	tag := t.tag()
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		given, err := entityTags(r, "If-None-Match")
		if err != nil {
			return nil, false, err
		}
		h.Set("ETag", tag)
		return t.object, slices.ContainsFunc(given, func(held string) bool {
			return held == "*" || strings.TrimPrefix(held, "W/") == tag
		}), nil
	case http.MethodPatch, http.MethodPut:
		h.Set("ETag", tag)
	}
	return t.object, false, nil
}

// tag is the version as it is sent, with what was noted behind a hyphen.
func (t tagged) tag() string {
	text := `"` + t.version
	for _, at := range t.noted {
		text += "-"
		if at != nil {
			text += strconv.FormatInt(*at, 36)
		}
	}
	return text + `"`
}

// entityTags reads a header that lists entity tags, or is * alone; nil if it is not
// sent (RFC 9110 §8.8.3).
func entityTags(r *http.Request, name string) ([]string, error) {
	if len(r.Header.Values(name)) == 0 {
		return nil, nil
	}
	text := strings.TrimSpace(strings.Join(r.Header.Values(name), ","))
	if text == "*" {
		return []string{"*"}, nil
	}
	var tags []string
	for more := true; more; {
		tag, rest, ok := cutTag(strings.TrimLeft(text, " \t"))
		if !ok {
			return nil, refuse("precondition_invalid", "", name+" must be a list of ETags in double quotes, or * alone.")
		}
		tags = append(tags, tag)
		text, more = strings.CutPrefix(strings.TrimLeft(rest, " \t"), ",")
		if !more && text != "" {
			return nil, refuse("precondition_invalid", "", name+" must be a list of ETags in double quotes, or * alone.")
		}
	}
	return tags, nil
}

// cutTag splits an entity tag off the beginning of a list.
func cutTag(text string) (tag, rest string, ok bool) {
	opaque := strings.TrimPrefix(text, "W/")
	if !strings.HasPrefix(opaque, `"`) {
		return "", "", false
	}
	end := strings.IndexByte(opaque[1:], '"')
	if end < 0 || strings.ContainsFunc(opaque[1:end+1], func(r rune) bool { return r < '!' || r == 0x7f }) {
		return "", "", false
	}
	length := len(text) - len(opaque) + end + 2
	return text[:length], text[length:], true
}
