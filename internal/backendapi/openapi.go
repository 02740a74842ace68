package backendapi

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet/internal/ui"
)

// The description of the API (OpenAPI 3.1), a file for each family of paths.
//
//go:embed openapi/*.json
var descriptions embed.FS

const descriptionPath = "/openapi.json"

// A description is an OpenAPI document, or a part of one.
type description struct {
	OpenAPI    string                                `json:"openapi,omitempty"`
	Info       json.RawMessage                       `json:"info,omitempty"`
	Servers    []map[string]string                   `json:"servers,omitempty"`
	Security   json.RawMessage                       `json:"security,omitempty"`
	Tags       []tag                                 `json:"tags,omitempty"`
	Paths      map[string]map[string]map[string]any  `json:"paths,omitempty"`
	Components map[string]map[string]json.RawMessage `json:"components,omitempty"`
}

type tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// describe puts the parts together. What every operation has, beside what its file
// says, is added here: the refusals that can meet any request, and the header by
// which a POST may be sent again.
func describe(issuer string) (description, error) {
	whole := description{Paths: map[string]map[string]map[string]any{}, Components: map[string]map[string]json.RawMessage{}}
	names, err := fs.Glob(descriptions, "openapi/*.json")
	if err != nil {
		return description{}, err
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(rank(a), rank(b)) })
	for _, name := range names {
		text, err := descriptions.ReadFile(name)
		if err != nil {
			return description{}, err
		}
		if err := whole.add(text); err != nil {
			return description{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	whole.Servers = []map[string]string{{"url": issuer}}
	for _, methods := range whole.Paths {
		for method, operation := range methods {
			complete(method, operation)
		}
	}
	return whole, nil
}

// firstParts are read first, as people look for them; the others follow by name.
var firstParts = []string{"base", "applications", "users", "emails", "sessions", "connections", "tickets", "instance", "organizations"}

// rank orders the parts.
func rank(name string) string {
	base := strings.TrimSuffix(path.Base(name), ".json")
	if i := slices.Index(firstParts, base); i >= 0 {
		return string(rune('0' + i))
	}
	return base
}

// add merges a part. Nothing may be described twice.
func (d *description) add(text []byte) error {
	var part description
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&part); err != nil {
		return err
	}
	if part.OpenAPI != "" {
		d.OpenAPI, d.Info, d.Security = part.OpenAPI, part.Info, part.Security
	}
	d.Tags = append(d.Tags, part.Tags...)
	for at, methods := range part.Paths {
		if d.Paths[at] != nil {
			return fmt.Errorf("%s is described twice", at)
		}
		d.Paths[at] = methods
	}
	for kind, all := range part.Components {
		if d.Components[kind] == nil {
			d.Components[kind] = map[string]json.RawMessage{}
		}
		for name, one := range all {
			if d.Components[kind][name] != nil {
				return fmt.Errorf("%s %s is described twice", kind, name)
			}
			d.Components[kind][name] = one
		}
	}
	return nil
}

func complete(method string, operation map[string]any) {
	reference := func(to string) map[string]any { return map[string]any{"$ref": "#/components/" + to} }
	if responses, ok := operation["responses"].(map[string]any); ok {
		responses["default"] = reference("responses/Refused")
	}
	if method == "post" && !uploads(operation) {
		parameters, _ := operation["parameters"].([]any)
		operation["parameters"] = append(parameters, reference("parameters/IdempotencyKey"))
	}
}

// uploads reports whether the body of an operation is a form with a file.
func uploads(operation map[string]any) bool {
	body, _ := operation["requestBody"].(map[string]any)
	content, _ := body["content"].(map[string]any)
	return content["multipart/form-data"] != nil
}

// describedFor is how long caches may keep the description, in seconds.
const describedFor = "300"

// serveDescription answers with the whole document: it is the same for everybody.
func (a *API) serveDescription() http.Handler {
	return a.serveDescribed(func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Access-Control-Allow-Origin", "*") // readers of such documents run in browsers
		h.Set("X-Content-Type-Options", "nosniff")
	}, func(d description) ([]byte, error) { return json.Marshal(d) })
}

// serveReference answers with the same as a page.
func (a *API) serveReference() http.Handler {
	headers := func(w http.ResponseWriter) { ui.Headers(w) }
	return a.serveDescribed(headers, func(d description) ([]byte, error) {
		page, err := newReference(d)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = page.Render(&b)
		return b.Bytes(), err
	})
}

// serveDescribed serves a form of the description, which is made once.
func (a *API) serveDescribed(headers func(http.ResponseWriter), form func(description) ([]byte, error)) http.Handler {
	made := sync.OnceValues(func() ([]byte, error) {
		d, err := describe(a.issuer)
		if err != nil {
			return nil, err
		}
		return form(d)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := made()
		if err != nil {
			a.log.ErrorContext(r.Context(), "describing the API", "err", err)
			http.Error(w, "the description cannot be shown", http.StatusInternalServerError)
			return
		}
		sum := sha256.Sum256(body)
		headers(w)
		h := w.Header()
		h.Set("Cache-Control", "public, max-age="+describedFor)
		h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}
