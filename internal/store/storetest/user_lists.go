package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

// Those with a text are listed in the order of creation, however close together they
// were created, in whatever order they came, and whenever they were changed.
func textsInOrder(t *testing.T, s Store) {
	apart := []time.Duration{
		1500 * time.Millisecond, 0, 1, 999 * time.Millisecond, 0, 2 * time.Hour, -time.Hour, 0, 1023 * time.Millisecond, 1024 * time.Millisecond,
		1025 * time.Millisecond, 0, -60 * 365 * 24 * time.Hour, 1500 * time.Millisecond, 250 * 365 * 24 * time.Hour, 1 * time.Millisecond,
	}
	organization(t, s, "org_1", nil)
	var all []store.User
	belongs := map[string]bool{}
	for i, after := range apart {
		id := fmt.Sprintf("user_o%02d", (i*7)%len(apart))
		u := newUser(id, fmt.Sprintf("%s@order.example", id))
		u.CreatedAt = now.Add(after).Truncate(time.Millisecond)
		u.Username = fmt.Sprintf("zoe_%d", i)
		must(t, s.CreateUser(t.Context(), u))
		if i%5 == 3 { // moved in time
			u.CreatedAt, u.UpdatedAt = now.Add(time.Millisecond), now.Add(time.Second)
			must(t, s.UpdateUser(t.Context(), u, now, false))
		}
		if i%3 != 0 {
			must(t, s.AddMember(t.Context(), newMembership("org_1", u.ID, store.RoleMember)))
			belongs[u.ID] = true
		}
		if i%4 == 2 {
			must(t, s.SetBanned(t.Context(), u.ID, true, now))
			u.Banned = true
		}
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b store.User) int {
		if x := a.CreatedAt.Compare(b.CreatedAt); x != 0 {
			return x
		}
		return strings.Compare(a.ID, b.ID)
	})

	no := false
	for _, q := range []store.UserQuery{
		{Query: "order.example"},
		{Query: "zo"},
		{AddressQuery: "order", UsernameQuery: "zoe_"},
		{AddressQuery: "order", UsernameQuery: "z"},
		{UsernameQuery: "zoe", Banned: &no},
		{Query: "order.example", Organizations: []string{"org_1"}},
		{UsernameQuery: "zo", Organizations: []string{"org_1"}},
		{Query: "order", Created: store.Period{After: now, Before: now.Add(1024 * time.Millisecond)}},
	} {
		for _, descending := range []bool{false, true} {
			q := q
			q.Descending = descending
			var want []string
			for _, u := range all {
				if (q.Banned == nil || !u.Banned) && (q.Organizations == nil || belongs[u.ID]) && (q.Created == store.Period{} || u.CreatedAt.After(q.Created.After) && u.CreatedAt.Before(q.Created.Before)) {
					want = append(want, u.ID)
				}
			}
			if q.Descending {
				slices.Reverse(want)
			}
			if len(want) < 3 {
				t.Fatalf("%+v: %d match, too few to tell", q, len(want))
			}
			if diff := cmp.Diff(want, byCursor(t, s, q)); diff != "" {
				t.Errorf("%+v by cursor (-want +got)\n%s", q, diff)
			}
			q.Limit, q.Offset = 3, 2
			if diff := cmp.Diff(want[2:min(5, len(want))], idsOf(t, s, q)); diff != "" {
				t.Errorf("%+v (-want +got)\n%s", q, diff)
			}
		}
	}
}

// byCursor reads a list in pages of two.
func byCursor(t *testing.T, s Store, q store.UserQuery) (ids []string) {
	t.Helper()
	for q.Limit = 2; ; q.After = ids[len(ids)-1] {
		page := idsOf(t, s, q)
		if ids = append(ids, page...); len(page) < q.Limit {
			return ids
		}
	}
}

func idsOf(t *testing.T, s Store, q store.UserQuery) (ids []string) {
	t.Helper()
	users, err := s.ListUsers(t.Context(), q)
	must(t, err)
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return ids
}

func listingUsers(t *testing.T, s Store) {
	for i, name := range []string{"Grace", "Barbara"} {
		u := newUser("user_"+name, name+"@example.com")
		u.FirstName, u.Username, u.ExternalID = name, name, "ext_"+name
		u.CreatedAt = now.Add(time.Duration(i+1) * time.Minute)
		u.Emails = append(u.Emails, store.Email{ID: "idn_2" + name, Address: "2" + name + "@example.com", CreatedAt: now})
		must(t, s.CreateUser(t.Context(), u))
	}
	all := []string{user, "user_Grace", "user_Barbara"}
	tests := []struct {
		name  string
		query store.UserQuery
		want  []string
		total int
	}{
		{"by creation", store.UserQuery{Limit: 10}, all, 3},
		{"latest first, a page", store.UserQuery{Limit: 1, Offset: 1, Descending: true}, all[1:2], 3},
		{"by first name", store.UserQuery{Limit: 10, OrderBy: store.UsersByFirstName}, []string{user, "user_Barbara", "user_Grace"}, 3},
		{"by address", store.UserQuery{Limit: 10, EmailAddresses: []string{"GRACE@example.com", "x"}}, all[1:2], 1},
		{"by user name", store.UserQuery{Limit: 10, Usernames: []string{"barbara"}}, all[2:], 1},
		{"by id", store.UserQuery{Limit: 10, IDs: []string{user}}, all[:1], 1},
		{"by external id", store.UserQuery{Limit: 10, ExternalIDs: []string{"ext_Grace"}}, all[1:2], 1},
		{"by part of anything", store.UserQuery{Limit: 10, Query: "RBAR"}, all[2:], 1},
		{"signs of LIKE are ordinary", store.UserQuery{Limit: 10, Query: "%"}, nil, 0},
		{"text that cannot be kept", store.UserQuery{Limit: 10, Query: "\x00"}, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			users, err := s.ListUsers(t.Context(), tt.query)
			var got []string
			for _, u := range users {
				got = append(got, u.ID)
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
			if n, err := s.CountUsers(t.Context(), tt.query); err != nil || n != tt.total {
				t.Errorf("count %d, %v, want %d", n, err, tt.total)
			}
		})
	}
}

// countingUsers has users come and go at once: each is counted once.
func countingUsers(t *testing.T, s Store) {
	crowd(t, s, 9)
	must(t, s.SetBanned(t.Context(), "user_9", true, now))
	together(24, func(i int) error {
		switch i % 3 {
		case 0:
			return s.CreateUser(t.Context(), newUser(fmt.Sprintf("user_x%d", i/6), fmt.Sprintf("x%d@example.com", i/6))) // each twice
		case 1:
			return s.DeleteUser(t.Context(), fmt.Sprintf("user_%d", 2+i/6)) // likewise
		}
		return s.CreateUser(t.Context(), newUser(fmt.Sprintf("user_y%d", i), "ada@example.com")) // taken
	})
	no := false
	list, err := s.ListUsers(t.Context(), store.UserQuery{Limit: 100})
	must(t, err)
	all, err := s.CountUsers(t.Context(), store.UserQuery{})
	must(t, err)
	others, err := s.CountUsers(t.Context(), store.UserQuery{Banned: &no})
	if must(t, err); len(list) != 9 || all != 9 || others != 8 {
		t.Errorf("%d users, %d counted, %d of them not banned; want 9, 9 and 8", len(list), all, others)
	}
}

func findingUsers(t *testing.T, s Store) {
	for i, name := range []string{"Grace", "Bärbel"} {
		u := newUser("user_"+name[:1], name+".h@example.org")
		u.FirstName, u.LastName, u.Username, u.ExternalID = name, `O"Hopper 100% İzmir`, name+"_x", "ext_"+name
		u.CreatedAt = now.Add(time.Duration(i+1) * time.Minute)
		u.LastSignInAt, u.LastActiveAt = u.CreatedAt, u.CreatedAt
		if name == "Grace" {
			u.Emails = append(u.Emails, store.Email{ID: "idn_other", Address: "Other@example.org", CreatedAt: now})
		}
		must(t, s.CreateUser(t.Context(), u))
	}
	must(t, s.SetBanned(t.Context(), "user_B", true, now))
	yes, no := true, false
	for name, tt := range map[string]struct {
		query store.UserQuery
		want  []string
	}{
		"part of an address":                 {store.UserQuery{AddressQuery: "ACE.H@"}, []string{"user_G"}},
		"two letters, not at the beginning":  {store.UserQuery{AddressQuery: "@e"}, nil},
		"two letters of an address":          {store.UserQuery{AddressQuery: "gR"}, []string{"user_G"}},
		"a letter of another address":        {store.UserQuery{AddressQuery: "O"}, []string{"user_G"}},
		"two letters, not of the address":    {store.UserQuery{AddressQuery: "o\""}, nil},
		"a letter of a user name":            {store.UserQuery{UsernameQuery: "b"}, []string{"user_B"}},
		"two letters of a first name":        {store.UserQuery{NameQuery: "BÄ"}, []string{"user_B"}},
		"two letters of a last name":         {store.UserQuery{NameQuery: `O"`}, []string{"user_G", "user_B"}},
		"two letters of anything":            {store.UserQuery{Query: "bä"}, []string{"user_B"}},
		"a letter of anything":               {store.UserQuery{Query: "o"}, []string{"user_G", "user_B"}},
		"two letters of an id":               {store.UserQuery{Query: "us"}, nil},
		"what marks a beginning":             {store.UserQuery{Query: "\n"}, nil},
		"a short text and a long one":        {store.UserQuery{Query: "gr", NameQuery: "hopper"}, []string{"user_G"}},
		"two short texts":                    {store.UserQuery{Query: "o", NameQuery: "gr"}, []string{"user_G"}},
		"a short text, banned, by sign-in":   {store.UserQuery{Query: "o", Banned: &yes, OrderBy: store.UsersByLastSignIn}, []string{"user_B"}},
		"part of a user name":                {store.UserQuery{UsernameQuery: "bel_X"}, []string{"user_B"}},
		"not in the user name":               {store.UserQuery{UsernameQuery: "example"}, nil},
		"part of a name":                     {store.UserQuery{NameQuery: `ce o"hop`}, []string{"user_G"}},
		"part of a name, not of Latin":       {store.UserQuery{NameQuery: "BÄRB"}, []string{"user_B"}},
		"a letter that is two in lower case": {store.UserQuery{NameQuery: "İZM"}, []string{"user_G", "user_B"}},
		"a sign of LIKE":                     {store.UserQuery{NameQuery: "00%"}, []string{"user_G", "user_B"}},
		"a sign of LIKE, not there":          {store.UserQuery{NameQuery: "0_%"}, nil},
		"part of an id":                      {store.UserQuery{Query: "SER_G"}, []string{"user_G"}},
		"two parts":                          {store.UserQuery{NameQuery: "hopper", AddressQuery: "grace"}, []string{"user_G"}},
		"operators of a search engine":       {store.UserQuery{Query: "grace OR ada"}, nil},
		"a star":                             {store.UserQuery{Query: "gra*"}, nil},
		"banned":                             {store.UserQuery{Banned: &yes}, []string{"user_B"}},
		"not banned":                         {store.UserQuery{Banned: &no}, []string{user, "user_G"}},
		"but some ids":                       {store.UserQuery{ExceptIDs: []string{user, "user_none"}}, []string{"user_G", "user_B"}},
		"but some external ids":              {store.UserQuery{ExceptExternalIDs: []string{"ext_Grace"}}, []string{user, "user_B"}},
		"created after":                      {store.UserQuery{Created: store.Period{After: now}}, []string{"user_G", "user_B"}},
		"created between":                    {store.UserQuery{Created: store.Period{After: now, Before: now.Add(2 * time.Minute)}, OrderBy: store.UsersByUpdate}, []string{"user_G"}},
		"active before":                      {store.UserQuery{LastActive: store.Period{After: now, Before: now.Add(90 * time.Second)}}, []string{"user_G"}},
		"signed in after":                    {store.UserQuery{LastSignedIn: store.Period{After: now.Add(time.Minute)}}, []string{"user_B"}},
		"by address, backwards":              {store.UserQuery{OrderBy: store.UsersByEmail, Descending: true}, []string{"user_G", "user_B", user}},
		"by activity":                        {store.UserQuery{OrderBy: store.UsersByLastActive}, []string{user, "user_G", "user_B"}},
	} {
		tt.query.Limit = 10
		users, err := s.ListUsers(t.Context(), tt.query)
		var got []string
		for _, u := range users {
			got = append(got, u.ID)
		}
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
		if n, err := s.CountUsers(t.Context(), tt.query); err != nil || n != len(tt.want) {
			t.Errorf("%s: count %d, %v, want %d", name, n, err, len(tt.want))
		}
	}
	u, err := s.UserByID(t.Context(), "user_G")
	must(t, err)
	was := u.UpdatedAt
	u.Username, u.UpdatedAt = "amazing", now.Add(time.Hour)
	must(t, s.UpdateUser(t.Context(), u, was, false))
	for text, want := range map[string]int{"amaz": 1, "am": 1, "grace_x": 0, "gr": 0} {
		if n, err := s.CountUsers(t.Context(), store.UserQuery{UsernameQuery: text}); n != want || err != nil {
			t.Errorf("after a change %q finds %d, %v, want %d", text, n, err, want)
		}
	}
	must(t, s.DeleteUser(t.Context(), "user_G"))
	if n, err := s.CountUsers(t.Context(), store.UserQuery{Query: "amaz"}); n != 0 || err != nil {
		t.Errorf("a deleted user is found: %d, %v", n, err)
	}
}

func pagesOfUsers(t *testing.T, s Store) {
	for i := range 7 { // three of them made at one moment
		u := newUser("user_p"+string(rune('a'+i)), string(rune('a'+i))+"@example.net")
		u.CreatedAt = now.Add(time.Duration(min(i, 4)) * time.Minute)
		must(t, s.CreateUser(t.Context(), u))
	}
	for _, descending := range []bool{false, true} {
		all, err := s.ListUsers(t.Context(), store.UserQuery{Descending: descending, Limit: 100})
		must(t, err)
		var want, got []string
		for _, u := range all {
			want = append(want, u.ID)
		}
		for after := ""; ; {
			page, err := s.ListUsers(t.Context(), store.UserQuery{Descending: descending, After: after, Limit: 3})
			must(t, err)
			for _, u := range page {
				got = append(got, u.ID)
			}
			if len(page) < 3 {
				break
			}
			after = page[2].ID
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("descending %v (-whole +pages)\n%s", descending, diff)
		}
	}
	if _, err := s.ListUsers(t.Context(), store.UserQuery{After: "user_gone", Limit: 3}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after a user who is gone: %v, want ErrNotFound", err)
	}
}
