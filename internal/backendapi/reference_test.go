package backendapi

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// Whoever reads the page finds every operation with a line to try, and every
// object, and no link that leads nowhere.
func TestReference(t *testing.T) {
	d, err := describe("https://signet.example")
	if err != nil {
		t.Fatal(err)
	}
	page, err := newReference(d)
	if err != nil {
		t.Fatal(err)
	}
	var rendered bytes.Buffer
	if err := page.Render(&rendered); err != nil {
		t.Fatal(err)
	}
	text := html.UnescapeString(rendered.String())
	for path, methods := range d.Paths {
		for method, operation := range methods {
			for _, want := range []string{
				`<b class="method ` + method + `">` + strings.ToUpper(method) + `</b> <code>` + path + `</code>`,
				`id="` + anchor("", operation["operationId"].(string)) + `"`,
				`'https://signet.example` + path,
			} {
				if !strings.Contains(text, want) {
					t.Errorf("%s %s: the page is without %s", method, path, want)
				}
			}
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]] {
			t.Errorf("%s is there twice", m[1])
		}
		ids[m[1]] = true
	}
	links := regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(text, -1)
	for _, m := range links {
		if !ids[m[1]] {
			t.Errorf("a link leads to #%s, which is nowhere", m[1])
		}
	}
	if len(links) < len(d.Paths)+len(d.Components["schemas"]) {
		t.Errorf("the page has %d links", len(links))
	}
	for name := range d.Components["schemas"] {
		if !ids[anchor("object-", name)] {
			t.Errorf("the page is without %s", name)
		}
	}
}

func TestReferenceLoadsNothingFromElsewhere(t *testing.T) {
	page := (&API{issuer: "https://signet.example"}).serveReference()
	get := func(header, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, referencePath, http.NoBody)
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		return w
	}
	w := get("Accept", "text/html")
	policy := w.Header().Get("Content-Security-Policy")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; img-src 'self'") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if found := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son\w+="|(src|href)="(https?:)?//`).FindString(w.Body.String()); found != "" {
		t.Errorf("the page holds %q", found)
	}
	if again := get("If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified || w.Header().Get("ETag") == "" {
		t.Errorf("the same again answers %d", again.Code)
	}
}

func TestSchemaInWords(t *testing.T) {
	tests := []struct{ schema, words, bounds string }{
		{`{}`, "any value", ""},
		{`{"type":"string","maxLength":256}`, "string", "at most 256 characters"},
		{`{"type":["string","null"],"format":"uri"}`, "string or null, uri", ""},
		{`{"type":"integer","minimum":1,"maximum":500,"default":10}`, "integer", "1 to 500; by default 10"},
		{`{"type":["array","null"],"items":{"$ref":"#/components/schemas/User"},"minItems":1}`, "array of User or null", "at least 1 of them"},
		{`{"oneOf":[{"$ref":"#/components/schemas/User"},{"type":"null"}]}`, "User or null", ""},
		{`{"enum":["a","b",null]}`, `"a" or "b" or null`, ""},
		{`{"const":true}`, "true", ""},
	}
	for _, tt := range tests {
		var s schema
		if err := json.Unmarshal([]byte(tt.schema), &s); err != nil {
			t.Fatal(err)
		}
		words := ""
		for _, w := range s.words() {
			words += w.Word
		}
		if words != tt.words || s.bounds() != tt.bounds {
			t.Errorf("%s is %q, %q; want %q, %q", tt.schema, words, s.bounds(), tt.words, tt.bounds)
		}
	}
}
