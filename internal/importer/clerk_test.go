package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A clerk serves so many users, and first refuses as often as it is told to.
type clerk struct {
	users    int
	refusals []string // values of Retry-After
	asked    []string
}

func (c *clerk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer sk_live_x" {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"errors":[{"code":"clerk_key_invalid"}]}`)
		return
	}
	c.asked = append(c.asked, r.URL.String())
	if len(c.refusals) > 0 {
		w.Header().Set("Retry-After", c.refusals[0])
		c.refusals = c.refusals[1:]
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	page := []map[string]any{}
	for i := offset; i < min(offset+limit, c.users); i++ {
		page = append(page, map[string]any{"id": fmt.Sprintf("user_%027d", i), "first_name": nil, "public_metadata": nil, "email_addresses": []any{}})
	}
	json.NewEncoder(w).Encode(page)
}

func TestClerkIsReadPageByPage(t *testing.T) {
	for _, users := range []int{0, 1, 100, 205} {
		from := &clerk{users: users, refusals: []string{"7", "", "3600"}}
		server := httptest.NewServer(from)
		var waited []time.Duration
		source := Clerk{URL: server.URL + "/", SecretKey: "sk_live_x", HTTP: server.Client(), Wait: func(_ context.Context, d time.Duration) error {
			waited = append(waited, d)
			return nil
		}}.Users(t.Context())
		for i := range users {
			row, err := source.Next()
			if err != nil || row.Number != i+1 || row.User.ID != fmt.Sprintf("user_%027d", i) || row.User.PublicMetadata != nil {
				t.Fatalf("%d users, row %d: %+v, %v", users, i, row, err)
			}
		}
		if _, err := source.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%d users end with %v", users, err)
		}
		if want := []time.Duration{7 * time.Second, time.Second, time.Minute}; !slices.Equal(waited, want) {
			t.Errorf("waited %v, want %v", waited, want)
		}
		if !strings.HasPrefix(from.asked[0], "/v1/users?") || !strings.Contains(from.asked[0], "order_by=%2Bcreated_at") {
			t.Errorf("asked for %s", from.asked[0])
		}
		server.Close()
	}
}

func TestClerkThatCannotBeRead(t *testing.T) {
	server := httptest.NewServer(&clerk{users: 1, refusals: []string{"1"}})
	defer server.Close()
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	gone := errors.New("gone")
	waits := func(context.Context, time.Duration) error { return gone }
	for want, c := range map[string]Clerk{
		"401":  {URL: server.URL, SecretKey: "sk_live_y", HTTP: server.Client(), Wait: waits},
		"gone": {URL: server.URL, SecretKey: "sk_live_x", HTTP: server.Client(), Wait: waits},
		"dial": {URL: away.URL, SecretKey: "sk_live_x", HTTP: http.DefaultClient, Wait: waits},
	} {
		if _, err := c.Users(t.Context()).Next(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sk_live") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
