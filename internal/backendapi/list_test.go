package backendapi

import (
	"strings"
	"testing"
)

func TestListsOfApplications(t *testing.T) {
	b := newBench(t)
	empty := b.do("GET /v1/oauth_applications", "")
	if got := strings.TrimSpace(string(empty.body)); got != `{"data":[],"total_count":0}` {
		t.Errorf("empty list: %s", got)
	}
	var clientID string
	for _, name := range []string{"Ledger", "Notes", "Maps"} {
		clientID = created(t, b, `{"name":"`+name+`"}`)["client_id"].(string)
	}
	tests := []struct {
		query, want string
		total       int
	}{
		{"", "Maps Notes Ledger", 3},
		{"?order_by=+created_at", "Ledger Notes Maps", 3},
		{"?order_by=-name", "Notes Maps Ledger", 3},
		{"?order_by=name&limit=1&offset=1", "Maps", 3},
		{"?name_query=EDGE", "Ledger", 1},
		{"?name_query=" + clientID, "Maps", 1},
		{"?name_query=%25", "", 0},
		{"?dynamically_registered=true", "", 0},
		{"?offset=10", "", 3},
	}
	for _, tt := range tests {
		var list struct {
			Data []struct{ Name string }
			N    int `json:"total_count"`
		}
		b.do("GET /v1/oauth_applications"+tt.query, "").into(t, &list)
		var names []string
		for _, app := range list.Data {
			names = append(names, app.Name)
		}
		if got := strings.Join(names, " "); got != tt.want || list.N != tt.total {
			t.Errorf("%q: %q of %d, want %q of %d", tt.query, got, list.N, tt.want, tt.total)
		}
	}
}

func TestListsOfUsers(t *testing.T) {
	b := newBench(t)
	if got := strings.TrimSpace(string(b.do("GET /v1/users", "").body)); got != `[]` {
		t.Errorf("empty list: %s", got)
	}
	var id string
	for _, name := range []string{"Ada", "Grace", "Barbara"} {
		id = b.do("POST /v1/users", `{"email_address":["`+name+`@example.com"],"first_name":"`+name+`","external_id":"x`+name+`"}`).member(t, "id").(string)
	}
	tests := []struct {
		query, want string
		count       int
	}{
		{"", "Barbara Grace Ada", 3},
		{"?order_by=first_name", "Ada Barbara Grace", 3},
		{"?order_by=created_at&limit=2", "Ada Grace", 3},
		{"?email_address=ada@example.com&email_address=GRACE@example.com&email_address=nobody@example.com", "Grace Ada", 2},
		{"?user_id=" + id, "Barbara", 1},
		{"?external_id=xGrace", "Grace", 1},
		{"?query=GRA", "Grace", 1},
		{"?username=nobody", "", 0},
		{"?query=%25", "", 0},
	}
	for _, tt := range tests {
		var list []struct {
			FirstName string `json:"first_name"`
		}
		b.do("GET /v1/users"+tt.query, "").into(t, &list)
		var names []string
		for _, u := range list {
			names = append(names, u.FirstName)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.query, got, tt.want)
		}
		if n := b.do("GET /v1/users/count"+tt.query, "").member(t, "total_count"); n != float64(tt.count) {
			t.Errorf("%q: counted %v, want %d", tt.query, n, tt.count)
		}
	}
}
