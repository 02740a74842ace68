package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A described stands between the SDKs and the server, and compares every answer of
// the Backend API with what the server says about itself at /openapi.json, to the
// letter: in place of a client that refuses what its schema does not have.
type described struct {
	to *url.URL

	mu       sync.Mutex
	document map[string]any
	compiler *jsonschema.Compiler
	wrong    []error
}

const documentURL = "https://signet.example/openapi.json"

// RoundTrip implements http.RoundTripper.
func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !isBackendAPI(r.URL.Path) || r.Method == http.MethodHead {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.check(r, response.StatusCode, body); err != nil {
		d.wrong = append(d.wrong, fmt.Errorf("%s %s answers %d: %w\n%s", r.Method, r.URL.Path, response.StatusCode, err, body))
	}
	return response, nil
}

func isBackendAPI(path string) bool {
	return strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(path, "/v1/me/") || strings.HasPrefix(path, "/oauth_applications/")
}

// read asks the server how it describes itself, once.
func (d *described) read() error {
	if d.compiler != nil {
		return nil
	}
	answer, err := http.Get(d.to.String() + "/openapi.json")
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	document, err := jsonschema.UnmarshalJSON(answer.Body)
	if err != nil {
		return err
	}
	d.document, d.compiler = document.(map[string]any), jsonschema.NewCompiler()
	return d.compiler.AddResource(documentURL, document)
}

// general are the statuses that the answer "default" of every operation is for.
var general = []int{400, 401, 405, 409, 413, 415, 422, 429, 500, 503}

func (d *described) check(r *http.Request, status int, body []byte) error {
	if err := d.read(); err != nil {
		return err
	}
	path, operation := d.operation(r)
	refused := []string{"components", "schemas", "Errors"}
	if operation == nil {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed && status != http.StatusUnauthorized {
			return errors.New("the operation is not described")
		}
		return d.conforms(body, refused...)
	}
	key := strconv.Itoa(status)
	answer, ok := operation["responses"].(map[string]any)[key].(map[string]any)
	switch {
	case !ok && !slices.Contains(general, status):
		return errors.New("the status is not described")
	case !ok || status >= 400:
		return d.conforms(body, refused...)
	case answer["content"] == nil && len(body) > 0:
		return errors.New("the answer should be empty")
	case answer["content"] == nil:
		return nil
	}
	return d.conforms(body, "paths", path, strings.ToLower(r.Method), "responses", key, "content", "application/json", "schema")
}

// operation finds the operation whose path says most of the request's.
func (d *described) operation(r *http.Request) (path string, operation map[string]any) {
	parameter := regexp.MustCompile(`\\\{\w+\\\}`)
	for candidate, methods := range d.document["paths"].(map[string]any) {
		fits := regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(candidate), "[^/]+") + "$").MatchString(r.URL.Path)
		if fits && (path == "" || strings.Count(candidate, "{") < strings.Count(path, "{")) {
			path = candidate
			operation, _ = methods.(map[string]any)[strings.ToLower(r.Method)].(map[string]any)
		}
	}
	return path, operation
}

func (d *described) conforms(body []byte, place ...string) error {
	for i, p := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(p)
	}
	schema, err := d.compiler.Compile(documentURL + "#/" + strings.Join(place, "/"))
	if err != nil {
		return err
	}
	if !json.Valid(body) {
		return errors.New("the answer is no JSON")
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// describedServer serves at an address what the server at another one answers, and
// fails the test at its end if an answer was not what is described.
func describedServer(t *testing.T, at, to string) {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	d := &described{to: target}
	proxy := &httputil.ReverseProxy{Transport: d, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
	server := &http.Server{Addr: at, Handler: proxy} //nolint:gosec // for a test
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		for _, err := range d.wrong {
			t.Error(err)
		}
	})
}
