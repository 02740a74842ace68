package backendapi

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// steps is how many requests one sequence has.
var steps = flag.Int("steps", 40, "requests of one sequence of TestDescribedRequests")

// TestDescribedRequests sends requests made from the description, some as it says
// and some spoilt, one after the other against one server. Whatever comes: the
// answer is what is described, none is a fault, and a refused request has changed
// nothing. -rapid.checks says how many sequences, -steps how long they are.
func TestDescribedRequests(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := flag.Set("rapid.checks", "8"); err != nil {
			t.Fatal(err)
		}
	}
	d := describedAPI(t)
	var all []requestTemplate
	d.operations(func(path, method string, o map[string]any) {
		if o["operationId"] != "getJWKS" && o["operationId"] != "allowDocument" { // need what this package has not
			all = append(all, requestTemplate{path, method, o})
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t)
		known := b.objects()
		b.organize(known)
		before := b.snapshot()
		for range *steps {
			x := rapid.SampledFrom(all).Draw(rt, "operation")
			what := x.method + " " + x.draw(rt, known)
			body, kind := x.drawBody(rt, known)
			status, header, answer := b.send(rt, what, body, kind)
			path, _, _ := strings.Cut(strings.TrimPrefix(what, x.method+" "), "?")
			unescaped, err := url.PathUnescape(path)
			if err != nil {
				rt.Fatal(err)
			}
			if err := d.check(x.method, unescaped, status, answer); err != nil && status != http.StatusNotFound {
				rt.Fatalf("%s %s: %d %s\n%v", what, body, status, answer, err)
			}
			if status >= 500 {
				rt.Fatalf("%s %s: %d %s", what, body, status, answer)
			}
			if got := header.Get("Content-Type"); len(answer) > 0 && got != "application/json" {
				rt.Fatalf("%s: Content-Type %q", what, got)
			}
			after := b.snapshot()
			if status >= 400 && after != before {
				rt.Fatalf("%s %s was refused with %d and has changed something:\n%s\n%s", what, body, status, before, after)
			}
			before = after
		}
	})
}

// A requestTemplate is an operation to make requests of.
type requestTemplate struct {
	path, method string
	operation    map[string]any
}

// hostile are texts that break programs.
var hostile = []string{
	"", " ", "\x00", "a\x00b", "\xff\xfe", "%", "'; DROP TABLE users; --", "../../etc/passwd", "\u202egpj.exe", strings.Repeat("x", 5000),
	"user_" + exampleID, "oa_" + exampleID, "-1", "1e309", "true", "null", "<script>alert(1)</script>", "sk_test_x", "https://a.example/cb#f", "javascript:alert(1)",
}

// draw makes the path and the query.
func (x requestTemplate) draw(t *rapid.T, known objects) string {
	path := known.path(x.path)
	if strings.Contains(x.path, "{") && rapid.IntRange(0, 4).Draw(t, "spoil the path") == 0 {
		path = x.path
		for strings.Contains(path, "{") {
			before, rest, _ := strings.Cut(path, "{")
			_, after, _ := strings.Cut(rest, "}")
			text := rapid.SampledFrom(hostile).Draw(t, "id")
			path = before + strings.ReplaceAll(url.PathEscape("x"+text), "..", "%2e%2e") + after
		}
	}
	path, fixed, _ := strings.Cut(path, "?")
	query := url.Values{}
	if fixed != "" {
		query, _ = url.ParseQuery(fixed)
	}
	all, _ := x.operation["parameters"].([]any)
	for _, p := range all {
		p := resolved(p.(map[string]any))
		if p["in"] == "query" && rapid.IntRange(0, 5).Draw(t, "parameter") == 0 {
			name := p["name"].(string)
			query.Set(name, fmt.Sprint(value(rapidValue(t, p["schema"].(map[string]any), known))))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// rapidValue is a value as a schema has it, or now and then another one.
func rapidValue(t *rapid.T, schema map[string]any, known objects) *any {
	v := valueOf(t, schema, known, 0)
	return &v
}

func valueOf(t *rapid.T, schema map[string]any, known objects, depth int) any {
	schema = resolved(schema)
	if rapid.IntRange(0, 9).Draw(t, "spoil") == 0 || depth > 6 {
		return anything(t, 0)
	}
	if all, ok := schema["enum"].([]any); ok {
		return rapid.SampledFrom(all).Draw(t, "enum")
	}
	if one, ok := schema["const"]; ok {
		return one
	}
	kind := schema["type"]
	if several, ok := kind.([]any); ok {
		kind = rapid.SampledFrom(several).Draw(t, "type")
	}
	switch kind {
	case "string":
		return text(t, known)
	case "boolean":
		return rapid.Bool().Draw(t, "flag")
	case "integer":
		return rapid.SampledFrom([]any{0, 1, -1, 7, 500, 501, 3600, 1 << 31, json.Number("1e3"), json.Number("1.5"), json.Number("9223372036854775808")}).Draw(t, "number")
	case "array":
		items, _ := schema["items"].(map[string]any)
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, valueOf(t, items, known, depth+1))
		}
		return list
	case "object":
		return object(t, schema, known, depth)
	}
	return nil
}

func object(t *rapid.T, schema map[string]any, known objects, depth int) any {
	made := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, any(name)) || rapid.IntRange(0, 3).Draw(t, name) == 0 {
			made[name] = valueOf(t, properties[name].(map[string]any), known, depth+1)
		}
	}
	if properties == nil || rapid.IntRange(0, 9).Draw(t, "add a member") == 0 {
		made[rapid.SampledFrom([]string{"x", "id", "client_secret", "__proto__", "a b"}).Draw(t, "member")] = anything(t, 0)
	}
	return made
}

// text is one that may be right: an address, a URL, a scope, the id of something.
func text(t *rapid.T, known objects) string {
	right := []string{
		"ada" + fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "n")) + "@example.com", "correct horse battery", "ada.lovelace", "https://a.example/cb", "profile email",
		"files:read", "en-GB", "2026-11-24T12:00:00Z", "opaque", "Ada", "grace@example.com", "Ledger",
	}
	right = append(right, slices.Sorted(maps.Values(known))...)
	if rapid.IntRange(0, 3).Draw(t, "hostile") == 0 {
		return rapid.SampledFrom(hostile).Draw(t, "text")
	}
	return rapid.SampledFrom(right).Draw(t, "text")
}

// anything is any JSON value.
func anything(t *rapid.T, depth int) any {
	switch rapid.IntRange(0, 6).Draw(t, "anything") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "flag")
	case 2:
		return json.Number(rapid.SampledFrom([]string{"0", "-1", "1e308", "0.1", "123456789012345678901234567890"}).Draw(t, "number"))
	case 3:
		return rapid.SampledFrom(hostile).Draw(t, "text")
	case 4:
		if depth < 3 {
			return []any{anything(t, depth+1)}
		}
	case 5:
		if depth < 3 {
			return map[string]any{"a": anything(t, depth+1)}
		}
	}
	return ""
}

// drawBody makes the body; one in ten is no JSON that could be read.
func (x requestTemplate) drawBody(t *rapid.T, known objects) (body, kind string) {
	kind = "application/json"
	described, ok := x.operation["requestBody"].(map[string]any)
	if rapid.IntRange(0, 9).Draw(t, "spoil the body") == 0 {
		return rapid.SampledFrom([]string{
			"null", "[]", "{", `{"a":1,"a":2}`, `{"name":"\ud800"}`, "{\"name\":\"\xff\"}", `{"name":"\u0000"}`, `{"x":1e999}`,
			strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), strings.Repeat(" ", 10<<20),
		}).Draw(t, "body"), rapid.SampledFrom([]string{kind, "", "text/plain", "application/x-www-form-urlencoded"}).Draw(t, "kind")
	}
	if !ok {
		return "", kind
	}
	content := described["content"].(map[string]any)
	if content["multipart/form-data"] != nil {
		return rapid.SampledFrom([]string{"", "--x--\r\n", "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nGIF89a\r\n--x--\r\n"}).Draw(t, "form"), "multipart/form-data; boundary=x"
	}
	schema := content["application/json"].(map[string]any)["schema"].(map[string]any)
	made, err := json.Marshal(valueOf(t, schema, known, 0))
	if err != nil {
		t.Fatal(err)
	}
	return string(made), kind
}

// send is do for requests that may be nothing of the kind.
func (b *bench) send(t *rapid.T, what, body, kind string) (int, http.Header, []byte) {
	method, path, _ := strings.Cut(what, " ")
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, answer
}

// snapshot is all that requests may change.
func (b *bench) snapshot() string {
	b.t.Helper()
	var all strings.Builder
	for _, path := range []string{
		"/v1/users?limit=500", "/v1/oauth_applications?limit=500", "/v1/instance", "/v1/instance/oauth_application_settings",
		"/v1/oauth_scopes", "/v1/invitations?limit=500", "/v1/secret_keys",
		"/v1/instance/organization_settings", "/v1/organizations?limit=500&include_members_count=true", "/v1/organization_memberships?limit=500",
	} {
		for _, line := range strings.SplitAfter(string(b.do("GET "+path, "").body), `,"last_used_at":`) { // which moves with each request
			_, rest, cut := strings.Cut(line, ",")
			if !cut {
				rest = line
			}
			all.WriteString(rest)
		}
	}
	return all.String()
}
