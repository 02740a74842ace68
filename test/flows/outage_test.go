package flows

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/signet-auth/signet/internal/pgtest"
	"github.com/signet-auth/signet/test/harness"
)

// A wire carries connections to a database until it is cut.
type wire struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	left     int // messages of clients until all connections are cut; negative for never
	ends     []net.Conn
}

// newWire gives the address of the database by way of the wire.
func newWire(t *testing.T, database string) (*wire, string) {
	t.Helper()
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, to: address.Host, left: -1}
	t.Cleanup(func() {
		listener.Close()
		w.cut()
	})
	go w.accept()
	address.Host = listener.Addr().String()
	return w, address.String()
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.to)
		if err != nil {
			client.Close()
			continue
		}
		w.mu.Lock()
		w.ends = append(w.ends, client, server)
		w.mu.Unlock()
		go w.carry(client, server, true)
		go w.carry(server, client, false)
	}
}

func (w *wire) carry(from, to net.Conn, counted bool) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if counted && w.ended() {
			w.cut()
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// ended counts a message, and reports whether it is the one not to arrive.
func (w *wire) ended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left < 0 {
		return false
	}
	w.left--
	return w.left < 0
}

func (w *wire) cutAfter(messages int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = messages
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range w.ends {
		end.Close()
	}
	w.ends = nil
}

// TestTheDatabaseIsCutOff cuts all connections to PostgreSQL at each message of an
// exchange, a refresh and what reads. Whatever is not served is answered so that a
// client tries again, says nothing of the inside, and harms nothing.
func TestTheDatabaseIsCutOff(t *testing.T) {
	wire, database := newWire(t, pgtest.URL(t))
	w := newWorld(t, database)
	c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
	client := harness.Client{Node: w.Issuer, Application: c}
	someone := harness.NewPerson(t, w.Issuer)
	w.SignInAndAllow(t, someone, w.OAuth2(c).AuthCodeURL("af0ifjsldkj"))
	notServed := 0
	served := func(n int, what string, answer harness.Answer, err error) bool {
		t.Helper()
		if err != nil {
			t.Fatalf("cut at %d: %s: %v", n, what, err)
		}
		if answer.Status == http.StatusOK {
			return true
		}
		notServed++
		if answer.Status != http.StatusServiceUnavailable && answer.Status != http.StatusInternalServerError {
			t.Errorf("cut at %d: %s is answered %d %s", n, what, answer.Status, answer.Body)
		}
		if regexp.MustCompile(`(?i)sql|postgres|127\.0\.0\.1|dial|EOF|/tmp`).MatchString(answer.Body) {
			t.Errorf("cut at %d: %s tells of the inside: %s", n, what, answer.Body)
		}
		return false
	}
	for n := range 6 {
		wire.cutAfter(-1)
		page, err := client.Code(someone)
		if err != nil || page.Left == nil {
			t.Fatalf("cut at %d: after it no code: %d %s, %v", n, page.Status, page.Body, err)
		}
		code := page.Left.Query().Get("code")
		wire.cutAfter(n)
		bought, err := client.Exchange(code)
		if !served(n, "an exchange", bought, err) {
			// What became of it is not known; in either case the code buys once.
			bought, err = client.Exchange(code)
			if err != nil || bought.Status != http.StatusOK && !strings.Contains(bought.Body, "invalid_grant") {
				t.Errorf("cut at %d: the code again: %d %s, %v", n, bought.Status, bought.Body, err)
			}
			if bought.Status != http.StatusOK {
				continue
			}
		}
		access, refresh := bought.Text("access_token"), bought.Text("refresh_token")
		info, err := client.UserInfo(access)
		served(n, "user info", info, err)
		wire.cutAfter(n)
		rotated, err := client.Refresh(refresh, "")
		retried := !served(n, "a refresh", rotated, err)
		wire.cutAfter(-1)
		if retried {
			rotated, err = client.Refresh(refresh, "")
		}
		if err != nil || rotated.Status != http.StatusOK {
			t.Errorf("cut at %d: a refresh that was retried = %v: %d %s, %v", n, retried, rotated.Status, rotated.Body, err)
		}
		w.userInfo(t, access)
		w.userInfo(t, rotated.Text("access_token"))
	}
	if notServed == 0 {
		t.Error("the wire was never cut")
	}
}
