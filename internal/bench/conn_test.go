package bench

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func dialed(t *testing.T, address string) *conn {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(base)
	t.Cleanup(c.close)
	return c
}

// TestConnAgainstNetHTTP sends requests of every shape over one connection.
func TestConnAgainstNetHTTP(t *testing.T) {
	long := strings.Repeat("0123456789", 3000)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.FormValue("a")+" "+r.Header.Get("Content-Type"))
	})
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("Authorization")+" "+r.Header.Get("Cookie")+" "+r.URL.RawQuery)
	})
	mux.HandleFunc("GET /away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://client.example/cb?code=1", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /chunks", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, long[:5000])
		w.(http.Flusher).Flush()
		io.WriteString(w, long[5000:])
	})
	mux.HandleFunc("GET /nothing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /last", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		io.WriteString(w, "last")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	c := dialed(t, server.URL)
	tests := []struct {
		name   string
		q      request
		status int
		body   string
	}{
		{"a form", request{method: "POST", path: "/form", contentType: formType, body: []byte("a=b")}, 200, "b " + formType},
		{"headers and a query", request{method: "GET", path: "/who?x=1", authorization: "Bearer t", cookie: "c=d"}, 200, "Bearer t c=d x=1"},
		{"a chunked answer", request{method: "GET", path: "/chunks"}, 200, long},
		{"no content", request{method: "GET", path: "/nothing"}, 204, ""},
		{"the last of a connection", request{method: "GET", path: "/last"}, 200, "last"},
		{"over a new one", request{method: "GET", path: "/who"}, 200, "  "},
		{"not found", request{method: "GET", path: "/none"}, 404, "404 page not found\n"},
	}
	for _, tt := range tests {
		got, err := c.do(t.Context(), tt.q)
		if err != nil || got.status != tt.status || string(got.body) != tt.body {
			t.Errorf("%s: %d %.60q, %v, want %d %.60q", tt.name, got.status, got.body, err, tt.status, tt.body)
		}
		if c.took <= 0 {
			t.Errorf("%s took %v", tt.name, c.took)
		}
	}
	got, err := c.do(t.Context(), request{method: "GET", path: "/away"})
	if err != nil || got.status != 303 || got.location != "https://client.example/cb?code=1" {
		t.Errorf("a redirect: %d to %q, %v", got.status, got.location, err)
	}
}

// script serves each connection one prepared answer and closes it.
func script(t *testing.T, answers ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for _, answer := range answers {
			c, err := l.Accept()
			if err != nil {
				return
			}
			http.ReadRequest(bufio.NewReader(c))
			io.WriteString(c, answer)
			c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestConnRefusesWhatIsNotHTTP(t *testing.T) {
	for name, answer := range map[string]string{
		"silence":          "",
		"other protocol":   "SSH-2.0-OpenSSH_9\r\n",
		"no status":        "HTTP/1.1 abc\r\n\r\n",
		"a bad length":     "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"half a body":      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
		"half a header":    "HTTP/1.1 200 OK\r\nContent-Le",
		"a bad chunk":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"an endless chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf",
	} {
		c := dialed(t, script(t, answer))
		if got, err := c.do(t.Context(), request{method: "GET", path: "/"}); err == nil {
			t.Errorf("%s: %d %q, want an error", name, got.status, got.body)
		}
	}
}

// A server may close a connection between two requests; the second is sent again.
func TestConnDialsAgain(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	c := dialed(t, script(t, ok, ok))
	for range 2 {
		if got, err := c.do(t.Context(), request{method: "GET", path: "/"}); err != nil || string(got.body) != "ok" {
			t.Errorf("%q, %v", got.body, err)
		}
	}
}

func TestPercentile(t *testing.T) {
	s := Sample{}
	for i := range 200 {
		s.took = append(s.took, uint32(200-i))
	}
	for p, want := range map[float64]time.Duration{50: 100, 90: 180, 99: 198, 99.9: 200, 100: 200, 0: 1} {
		if got := s.Percentile(p); got != want*time.Microsecond {
			t.Errorf("percentile %v is %v, want %v us", p, got, want)
		}
	}
	if got := new(Sample).Percentile(50); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestMember(t *testing.T) {
	tests := []struct{ object, want string }{
		{`{"token":"t"}`, "t"},
		{`{ "a": 1, "token" : "t" , "b": 2}`, "t"},
		{`{"tokens":"x"}`, ""},
		{`{"token":7}`, ""},
		{`{"token":"unended`, ""},
		{`{"token"`, ""},
		{``, ""},
	}
	for _, tt := range tests {
		if got := member([]byte(tt.object), "token"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.object, got, tt.want)
		}
	}
}

// The load has to notice answers that are wrong.
func TestWrongAnswersAreCounted(t *testing.T) {
	n := 0
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		if n++; n%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, `{"access_token":"a","token_type":"Bearer"}`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	u := newUser(Target{Token: server.URL + "/token", ClientID: "c", ClientSecret: "s"}, 1)
	d := newDriver(dialed(t, server.URL).base, 1, func() time.Duration { return 0 })
	defer d.close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	left := 10
	s := d.run(ctx, time.Minute, func(ctx context.Context, c *conn, worker int) error {
		if left--; left < 0 {
			return errDone
		}
		return u.clientCredentials(ctx, c, worker)
	})
	if s.Requests != 10 || s.Errors != 5 || len(s.took) != 5 || len(s.Problems()) == 0 {
		t.Errorf("%d requests, %d errors, %d times, problems %q, want 10, 5 and 5", s.Requests, s.Errors, len(s.took), s.Problems())
	}
}
