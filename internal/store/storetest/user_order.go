package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

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
	slices.SortFunc(all, func(a, b store.User) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID)) })

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
			if diff := gocmp.Diff(want, byCursor(t, s, q)); diff != "" {
				t.Errorf("%+v by cursor (-want +got)\n%s", q, diff)
			}
			q.Limit, q.Offset = 3, 2
			if diff := gocmp.Diff(want[2:min(5, len(want))], idsOf(t, s, q)); diff != "" {
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
