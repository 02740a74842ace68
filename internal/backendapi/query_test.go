package backendapi

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/store"
)

func get(t *testing.T, query string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/users", nil)
	r.URL.RawQuery = query
	return r
}

func TestQueries(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"nothing", "", ""},
		{"empty values", "limit=&offset=&order_by=&query=&user_id=&banned=", ""},
		{"unknown parameters", "paginated=true&x=y", ""},
		{"most", "limit=500&offset=2147483647", ""},
		{"limit 0", "limit=0", "form_param_value_invalid limit"},
		{"limit -1", "limit=-1", "form_param_value_invalid limit"},
		{"limit 501", "limit=501", "form_param_value_invalid limit"},
		{"limit beyond integers", "limit=99999999999999999999", "form_param_value_invalid limit"},
		{"limit 1e2", "limit=1e2", "form_param_value_invalid limit"},
		{"offset -1", "offset=-1", "form_param_value_invalid offset"},
		{"offset beyond", "offset=2147483648", "form_param_value_invalid offset"},
		{"both wrong", "limit=x&offset=y", "form_param_value_invalid limit, form_param_value_invalid offset"},
		{"order by nothing known", "order_by=password_digest", "form_param_value_invalid order_by"},
		{"order by SQL", "order_by=created_at%3BDROP%20TABLE%20users", "form_param_value_invalid order_by"},
		{"order by sign only", "order_by=-", "form_param_value_invalid order_by"},
		{"a filter that is not offered", "provider=google&provider_user_id=x", "form_param_value_invalid provider, form_param_value_invalid provider_user_id"},
		{"users to leave out", "user_id=-user_x&external_id=-y", ""},
		{"banned or not", "banned=maybe", "form_param_value_invalid banned"},
		{"a moment before 1970", "created_at_before=-1", "form_param_value_invalid created_at_before"},
		{"a moment that is no number", "last_active_at_since=yesterday", "form_param_value_invalid last_active_at_since"},
		{"a moment too late", "last_sign_in_at_after=253402300800000", "form_param_value_invalid last_sign_in_at_after"},
		{"a cursor in another order", "starting_after=user_x&order_by=username", "form_param_value_invalid starting_after"},
		{"a cursor with an offset", "starting_after=user_x&offset=1", "form_param_value_invalid starting_after"},
		{"long query", "query=" + strings.Repeat("x", 513), "form_param_max_length_exceeded query"},
		{"long address", "email_address=" + strings.Repeat("x", 513), "form_param_max_length_exceeded email_address"},
		{"a hundred values", strings.Repeat("username=x&", 100), ""},
		{"a hundred and one", strings.Repeat("username=x&", 101), "form_param_array_size_exceeded username"},
		{"not UTF-8", "query=%ff", "malformed_request_parameters"},
		{"NUL", "query=%00", "malformed_request_parameters"},
		{"NUL in a name", "a%00=1", "malformed_request_parameters"},
		{"unreadable escape", "query=%zz", "malformed_request_parameters"},
		{"semicolon", "limit=1;offset=2", "malformed_request_parameters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readUserQuery(get(t, tt.query))
			if got := refusedWith(err); got != tt.want {
				t.Errorf("refused with %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUserQueryIsRead(t *testing.T) {
	q, err := readUserQuery(get(t, "user_id=a&user_id=+b&user_id=%2Bc&email_address=Ada@Example.com&username=Ada1&external_id=x&query=lovelace&limit=3&offset=4&order_by=-first_name"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(q.IDs, []string{"a", "b", "c"}) || !slices.Equal(q.EmailAddresses, []string{"ada@example.com"}) ||
		!slices.Equal(q.Usernames, []string{"Ada1"}) || !slices.Equal(q.ExternalIDs, []string{"x"}) ||
		q.Query != "lovelace" || q.Limit != 3 || q.Offset != 4 || q.OrderBy != store.UsersByFirstName || !q.Descending {
		t.Errorf("read as %+v", q)
	}
}

func TestOrders(t *testing.T) {
	tests := []struct {
		query      string
		by         store.ClientOrder
		descending bool
	}{
		{"", store.ClientsByCreation, true},
		{"order_by=created_at", store.ClientsByCreation, false},
		{"order_by=-created_at", store.ClientsByCreation, true},
		{"order_by=%2Bname", store.ClientsByName, false},
		{"order_by=+name", store.ClientsByName, false}, // a plus that nobody escaped arrives as a space
		{"order_by=-name&order_by=+created_at", store.ClientsByName, true},
	}
	for _, tt := range tests {
		p, err := parametersOf(get(t, tt.query))
		if err != nil {
			t.Fatal(err)
		}
		by, descending := order(p, applicationOrders, store.ClientsByCreation)
		if p.err() != nil || by != tt.by || descending != tt.descending {
			t.Errorf("%q: ordered by %v, descending %v, %v; want %v, %v", tt.query, by, descending, p.err(), tt.by, tt.descending)
		}
	}
}
