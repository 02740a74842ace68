package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var memberListPromises = map[string]func(*testing.T, Store){
	"memberships are listed":                 listingMembers,
	"users are found by their organization":  usersOfOrganizations,
	"members are listed as users, by cursor": pagesOfMembers,
	"a user is told where they belong":       belonging,
}

func listingMembers(t *testing.T, s Store) {
	crowd(t, s, 3)
	organization(t, s, "org_1", nil)
	organization(t, s, "org_2", nil)
	for i, name := range []string{"user_2", "user_3"} {
		u, err := s.UserByID(t.Context(), name)
		must(t, err)
		u.FirstName, u.Username, u.UpdatedAt = []string{"zoe", "Bob"}[i], []string{"z", "b"}[i], now.Add(time.Second)
		must(t, s.UpdateUser(t.Context(), u, now, false))
		m := newMembership("org_1", name, store.RoleMember)
		m.CreatedAt = now.Add(time.Duration(i+1) * time.Second)
		must(t, s.AddMember(t.Context(), m))
	}
	ids := func(q store.MemberQuery) string {
		t.Helper()
		if q.Limit == 0 {
			q.Limit = 10
		}
		list, total, err := s.ListMembers(t.Context(), q)
		must(t, err)
		text := fmt.Sprint(total, ":")
		for _, m := range list {
			text += " " + m.OrganizationID[4:] + m.UserID[5:]
			if m.User.ID != m.UserID || m.Organization.ID != m.OrganizationID || len(m.User.Emails) != 1 {
				t.Errorf("%+v", m)
			}
		}
		return text
	}
	in := func(q store.UserQuery) store.MemberQuery { return store.MemberQuery{OrganizationID: "org_1", Users: q} }
	for _, tt := range []struct {
		q    store.MemberQuery
		want string
	}{
		{store.MemberQuery{}, "4: 11 21 12 13"},
		{store.MemberQuery{OrganizationID: "org_1"}, "3: 11 12 13"},
		{store.MemberQuery{OrganizationID: "org_1", Descending: true, Limit: 2}, "3: 13 12"},
		{store.MemberQuery{OrganizationID: "org_1", Limit: 2, Offset: 2}, "3: 13"},
		{store.MemberQuery{OrganizationID: "org_1", OrderBy: store.MembersByFirstName}, "3: 11 13 12"},
		{store.MemberQuery{OrganizationID: "org_1", OrderBy: store.MembersByUsername, Descending: true}, "3: 12 13 11"},
		{store.MemberQuery{OrganizationID: "org_1", OrderBy: store.MembersByEmail}, "3: 11 12 13"},
		{store.MemberQuery{OrganizationID: "org_1", Roles: []store.Role{store.RoleMember}}, "2: 12 13"},
		{store.MemberQuery{Roles: []store.Role{store.RoleAdmin, store.RoleMember}}, "4: 11 21 12 13"},
		{in(store.UserQuery{IDs: []string{"user_3", "user_9"}}), "1: 13"},
		{in(store.UserQuery{Query: "BOB"}), "1: 13"},
		{in(store.UserQuery{AddressQuery: "u2@"}), "1: 12"},
		{in(store.UserQuery{Query: "\x00"}), "0:"},
		{store.MemberQuery{Users: store.UserQuery{IDs: []string{user}}}, "2: 11 21"},
		{store.MemberQuery{OrganizationID: "\x00"}, "0:"},
	} {
		if got := ids(tt.q); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.q, got, tt.want)
		}
	}
}

func usersOfOrganizations(t *testing.T, s Store) {
	crowd(t, s, 3)
	organization(t, s, "org_1", nil)
	organization(t, s, "org_2", nil)
	must(t, s.AddMember(t.Context(), newMembership("org_2", "user_2", store.RoleMember)))
	for _, tt := range []struct {
		q    store.UserQuery
		want string
	}{
		{store.UserQuery{Organizations: []string{"org_1"}}, "user_1"},
		{store.UserQuery{Organizations: []string{"org_1", "org_2", "org_9"}}, "user_1 user_2"},
		{store.UserQuery{ExceptOrganizations: []string{"org_1"}}, "user_2 user_3"},
		{store.UserQuery{Organizations: []string{"org_2"}, ExceptOrganizations: []string{"org_1"}}, "user_2"},
		{store.UserQuery{Organizations: []string{"org_1"}, ExceptIDs: []string{"user_1"}}, ""},
		{store.UserQuery{Organizations: []string{"org_2"}, OrderBy: store.UsersByEmail, Query: "u2"}, "user_2"},
		{store.UserQuery{Organizations: []string{"\x00"}}, ""},
	} {
		tt.q.Limit = 10
		list, err := s.ListUsers(t.Context(), tt.q)
		must(t, err)
		n, err := s.CountUsers(t.Context(), tt.q)
		must(t, err)
		got := ""
		for _, u := range list {
			got += " " + u.ID
		}
		if got != "" {
			got = got[1:]
		}
		if got != tt.want || n != len(list) {
			t.Errorf("%+v: %s (%d), want %s", tt.q, got, n, tt.want)
		}
	}
}

// pagesOfMembers goes through an organization by cursor, from either end, after a
// user who belongs to it has got another time of creation.
func pagesOfMembers(t *testing.T, s Store) {
	crowd(t, s, 9)
	organization(t, s, "org_1", nil)
	for i := 2; i <= 8; i++ {
		must(t, s.AddMember(t.Context(), newMembership("org_1", fmt.Sprintf("user_%d", i), store.RoleMember)))
	}
	for id, later := range map[string]time.Duration{"user_2": time.Hour, "user_9": 2 * time.Hour} {
		u, err := s.UserByID(t.Context(), id)
		must(t, err)
		was := u.UpdatedAt
		u.CreatedAt, u.UpdatedAt = u.CreatedAt.Add(later), was.Add(time.Second)
		must(t, s.UpdateUser(t.Context(), u, was, false))
	}
	must(t, s.AddMember(t.Context(), newMembership("org_1", "user_9", store.RoleMember)))
	must(t, s.RemoveMember(t.Context(), "org_1", "user_5", time.Time{}))
	must(t, s.DeleteUser(t.Context(), "user_6"))
	want := []string{"user_1", "user_3", "user_4", "user_7", "user_8", "user_2", "user_9"}
	for _, descending := range []bool{false, true} {
		var got []string
		for after := ""; ; after = got[len(got)-1] {
			page, err := s.ListUsers(t.Context(), store.UserQuery{Organizations: []string{"org_1"}, Descending: descending, After: after, Limit: 3})
			must(t, err)
			for _, u := range page {
				got = append(got, u.ID)
			}
			if len(page) < 3 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("descending %v (-want +pages)\n%s", descending, diff)
		}
		slices.Reverse(want)
	}
	list, err := s.ListUsers(t.Context(), store.UserQuery{Organizations: []string{"org_1"}, After: "user_5", Limit: 1, Offset: 1}) // who is no member
	if must(t, err); len(list) != 1 || list[0].ID != "user_8" {
		t.Errorf("after one who left, and one further: %v", list)
	}
}

func belonging(t *testing.T, s Store) {
	organization(t, s, "org_1", nil)
	late := newMembership("org_0", user, store.RoleMember)
	late.CreatedAt = now.Add(time.Second)
	must(t, s.CreateOrganization(t.Context(), newOrganization("org_0", "zero"), nil))
	must(t, s.AddMember(t.Context(), late))
	want := []oauth.Organization{{ID: "org_1", Name: "Org slug-1", Slug: "slug-1"}, {ID: "org_0", Name: "Org zero", Slug: "zero"}}
	for limit := range 3 {
		got, err := s.Belonging(t.Context(), user, limit)
		if diff := cmp.Diff(fmt.Sprint(want[:limit]), fmt.Sprint(got)); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	if got, err := s.BelongsTo(t.Context(), user, "org_0"); err != nil || got != want[1] {
		t.Errorf("%+v, %v", got, err)
	}
	for _, pair := range [][2]string{{"user_9", "org_0"}, {user, "org_9"}, {"\x00", "\xff"}} {
		if _, err := s.BelongsTo(t.Context(), pair[0], pair[1]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", pair, err)
		}
	}
}
