package backendapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// request makes a request with a JSON body.
func request(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/users", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	return r
}

// refusedWith lists the problems of err as "code param".
func refusedWith(err error) string {
	if err == nil {
		return ""
	}
	r, ok := asRefusal(err)
	if !ok {
		return "fault: " + err.Error()
	}
	var all []string
	for _, p := range r {
		all = append(all, strings.TrimSpace(p.code+" "+p.param))
	}
	return strings.Join(all, ", ")
}

func TestBodies(t *testing.T) {
	const invalid = "request_body_invalid"
	tests := []struct{ name, body, want string }{
		{"empty", "", ""},
		{"blank", " \r\n\t", ""},
		{"null", "null", ""},
		{"an object", ` {"a":1} `, ""},
		{"an array", `[]`, invalid},
		{"a string", `"x"`, invalid},
		{"a number", `1`, invalid},
		{"no JSON", `{`, invalid},
		{"a form", `a=1&b=2`, invalid},
		{"two values", `{} {}`, invalid},
		{"trailing garbage", `{}x`, invalid},
		{"trailing null", `{} null`, invalid},
		{"a comment", `{} // hello`, invalid},
		{"a byte order mark", "\ufeff{}", invalid},
		{"a name twice", `{"a":1,"a":2}`, invalid},
		{"a name twice, once escaped", `{"a":1,"\u0061":2}`, invalid},
		{"a name twice further in", `{"a":[{"b":1,"b":2}]}`, invalid},
		{"a name in two letters", `{"a":1,"A":2}`, ""},
		{"not UTF-8", "{\"a\":\"\xff\"}", invalid},
		{"overlong UTF-8", "{\"a\":\"\xc0\x80\"}", invalid},
		{"NUL", `{"a":"\u0000"}`, invalid},
		{"NUL in a name", `{"\u0000":1}`, invalid},
		{"NUL unescaped", "{\"a\":\"\x00\"}", invalid},
		{"half a pair", `{"a":"\ud800"}`, invalid},
		{"half a pair, and a letter", `{"a":"\ud800\u0061"}`, invalid},
		{"the other half", `{"a":"\udc00"}`, invalid},
		{"a pair the wrong way round", `{"a":"\udc00\ud800"}`, invalid},
		{"a pair", `{"a":"\ud83d\ude00"}`, ""},
		{"a backslash before u0000", `{"a":"\\u0000"}`, ""},
		{"escapes", `{"a":"\"\\\/\b\f\n\r\t\u00e9"}`, ""},
		{"a number beyond a double", `{"a":1e999}`, invalid},
		{"a small number", `{"a":1e-999}`, ""},
		{"32 levels", strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32), ""},
		{"33 levels", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), invalid},
		{"a hundred thousand levels", strings.Repeat(`[`, 100_000), invalid},
		{"one MiB", `{"a":"` + strings.Repeat("x", maxBody-8) + `"}`, ""},
		{"more than one MiB", `{"a":"` + strings.Repeat("x", maxBody-7) + `"}`, "request_body_too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := bodyOf(request(t, tt.body))
			if got := refusedWith(err); got != tt.want {
				t.Errorf("refused with %q, want %q", got, tt.want)
			}
		})
	}
}

func TestContentTypes(t *testing.T) {
	tests := []struct{ contentType, encoding, body, want string }{
		{"application/json", "", "{}", ""},
		{"application/json; charset=utf-8", "", "{}", ""},
		{`APPLICATION/JSON;charset="UTF-8"`, "identity", "{}", ""},
		{"", "", "{}", ""},
		{"text/plain", "", "", ""},
		{"text/plain", "", "{}", "unsupported_content_type"},
		{"application/x-www-form-urlencoded", "", "a=1", "unsupported_content_type"},
		{"multipart/form-data; boundary=x", "", "{}", "unsupported_content_type"},
		{"application/json; charset=utf-16", "", "{}", "unsupported_content_type"},
		{"application/merge-patch+json", "", "{}", "unsupported_content_type"},
		{"application/json; =", "", "{}", "unsupported_content_type"},
		{"application/json", "gzip", "{}", "unsupported_content_type"},
	}
	for _, tt := range tests {
		r := request(t, tt.body)
		r.Header.Set("Content-Type", tt.contentType)
		r.Header.Set("Content-Encoding", tt.encoding)
		_, err := bodyOf(r)
		if got := refusedWith(err); got != tt.want {
			t.Errorf("%q %q: refused with %q, want %q", tt.contentType, tt.encoding, got, tt.want)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }
func (broken) Close() error             { return nil }

func TestBodyThatDoesNotArrive(t *testing.T) {
	r := request(t, "")
	r.Body = broken{}
	_, err := bodyOf(r)
	if got, want := refusedWith(err), "request_body_invalid"; got != want {
		t.Errorf("refused with %q, want %q", got, want)
	}
}

func FuzzBody(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":"\ud83d\ude00"}`, `{"a":1,"a":2}`, `[1e999]`, `null`, "\xff", `{"a":"\u`, `"\\u0000"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		members, err := bodyOf(request(t, body))
		if err != nil {
			if _, ok := asRefusal(err); !ok {
				t.Errorf("%q: %v, want a refusal", body, err)
			}
			return
		}
		for name, raw := range members {
			var v any
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Errorf("%q: %s: %v", body, name, err)
			}
			if strings.ContainsRune(fmt.Sprint(v), 0) {
				t.Errorf("%q: %s holds NUL", body, name)
			}
		}
	})
}
