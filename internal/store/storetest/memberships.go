package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var membershipPromises = map[string]func(*testing.T, Store){
	"a membership is kept":                      membershipIsKept,
	"there is one membership of a pair":         oneMembership,
	"no more join than there is room for":       fullOrganization,
	"one admin stays":                           lastAdmin,
	"one change of a membership wins":           changingMemberships,
	"memberships go with their user":            leavingWithTheUser,
	"joining races the end of either side":      joiningRacesDeletion,
	"counts are right whatever happens at once": countsStayRight,
}

// crowd makes users 2 to n.
func crowd(t *testing.T, s Store, n int) {
	t.Helper()
	for i := 2; i <= n; i++ {
		must(t, s.CreateUser(t.Context(), newUser(fmt.Sprintf("user_%d", i), fmt.Sprintf("u%d@example.com", i))))
	}
}

func membershipIsKept(t *testing.T, s Store) {
	crowd(t, s, 2)
	o := organization(t, s, "org_1", nil)
	o.Members, o.Admins = 2, 1
	want := newMembership("org_1", "user_2", store.RoleMember)
	must(t, s.AddMember(t.Context(), want))
	got, err := s.Member(t.Context(), "org_1", "user_2")
	must(t, err)
	if diff := cmp.Diff(want, got.Membership) + cmp.Diff(o, got.Organization); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.User.ID != "user_2" || len(got.User.Emails) != 1 {
		t.Errorf("of %+v", got.User)
	}
	for _, pair := range [][2]string{{"org_1", "user_9"}, {"org_9", "user_2"}, {"org_\x00", "\xff"}} {
		if _, err := s.Member(t.Context(), pair[0], pair[1]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", pair, err)
		}
		err := s.AddMember(t.Context(), newMembership(pair[0], pair[1], store.RoleMember))
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("adding %q: %v, want ErrNotFound", pair, err)
		}
		if err := s.RemoveMember(t.Context(), pair[0], pair[1], time.Time{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("removing %q: %v, want ErrNotFound", pair, err)
		}
	}
	if got := counts(t, s, "org_1"); got != "2 members, 1 admins" {
		t.Error(got)
	}
}

func oneMembership(t *testing.T, s Store) {
	crowd(t, s, 2)
	organization(t, s, "org_1", nil)
	added := 0
	for i, err := range together(8, func(i int) error {
		m := newMembership("org_1", "user_2", store.RoleMember)
		m.ID = fmt.Sprintf("orgmem_%d", i)
		return s.AddMember(t.Context(), m)
	}) {
		var exists *store.ExistsError
		switch {
		case err == nil:
			added++
		case !errors.As(err, &exists) || exists.Field != "user_id":
			t.Errorf("call %d got %v, want ExistsError", i, err)
		}
	}
	if got := counts(t, s, "org_1"); added != 1 || got != "2 members, 1 admins" {
		t.Errorf("%d were added: %s", added, got)
	}
}

func fullOrganization(t *testing.T, s Store) {
	crowd(t, s, 9)
	organization(t, s, "org_1", func(o *store.Organization) { o.MaxMembers = 4 })
	added := 0
	for _, err := range together(8, func(i int) error {
		return s.AddMember(t.Context(), newMembership("org_1", fmt.Sprintf("user_%d", i+2), store.RoleMember))
	}) {
		switch {
		case err == nil:
			added++
		case !errors.Is(err, store.ErrFull):
			t.Errorf("who found no room got %v, want ErrFull", err)
		}
	}
	if got := counts(t, s, "org_1"); added != 3 || got != "4 members, 1 admins" {
		t.Errorf("%d were added: %s, want 3", added, got)
	}
	if _, n, err := s.ListMembers(t.Context(), store.MemberQuery{OrganizationID: "org_1", Limit: 10}); n != 4 || err != nil {
		t.Errorf("%d memberships, %v", n, err)
	}
}

func lastAdmin(t *testing.T, s Store) {
	crowd(t, s, 4)
	organization(t, s, "org_1", nil)
	later := now.Add(time.Second)
	demoted := newMembership("org_1", user, store.RoleMember)
	demoted.UpdatedAt = later
	if err := s.UpdateMembership(t.Context(), demoted, now); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("demoting the only one: %v, want ErrLastAdmin", err)
	}
	if err := s.RemoveMember(t.Context(), "org_1", user, time.Time{}); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("removing the only one: %v, want ErrLastAdmin", err)
	}
	for i := 2; i <= 4; i++ {
		must(t, s.AddMember(t.Context(), newMembership("org_1", fmt.Sprintf("user_%d", i), store.RoleAdmin)))
	}
	refused := 0
	for i, err := range together(4, func(i int) error {
		id := fmt.Sprintf("user_%d", i+1)
		if i%2 == 0 {
			return s.RemoveMember(t.Context(), "org_1", id, time.Time{})
		}
		m := newMembership("org_1", id, store.RoleMember)
		m.UpdatedAt = later
		return s.UpdateMembership(t.Context(), m, now)
	}) {
		switch {
		case errors.Is(err, store.ErrLastAdmin):
			refused++
		case err != nil:
			t.Errorf("admin %d: %v", i, err)
		}
	}
	if o, err := s.Organization(t.Context(), "org_1"); err != nil || o.Admins != 1 || refused != 1 {
		t.Errorf("%d admins stay, %d were kept, %v", o.Admins, refused, err)
	}
}

func changingMemberships(t *testing.T, s Store) {
	crowd(t, s, 2)
	organization(t, s, "org_1", nil)
	must(t, s.AddMember(t.Context(), newMembership("org_1", "user_2", store.RoleMember)))
	won := 0
	for i, err := range together(8, func(i int) error {
		m := newMembership("org_1", "user_2", store.RoleAdmin)
		m.PublicMetadata, m.UpdatedAt = json.RawMessage(fmt.Sprintf(`{"n":%d}`, i)), now.Add(time.Duration(i+1)*time.Second)
		return s.UpdateMembership(t.Context(), m, now)
	}) {
		switch {
		case err == nil:
			won++
			got, err := s.Member(t.Context(), "org_1", "user_2")
			if err != nil || string(got.PublicMetadata) != fmt.Sprintf(`{"n":%d}`, i) || got.Role != store.RoleAdmin {
				t.Errorf("%+v, %v", got.Membership, err)
			}
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if got := counts(t, s, "org_1"); won != 1 || got != "2 members, 2 admins" {
		t.Errorf("%d changes won: %s", won, got)
	}
	if err := s.RemoveMember(t.Context(), "org_1", "user_2", now); !errors.Is(err, store.ErrConflict) {
		t.Errorf("removing another version: %v, want ErrConflict", err)
	}
	if err := s.UpdateMembership(t.Context(), newMembership("org_1", "user_9", store.RoleMember), now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of none: %v, want ErrNotFound", err)
	}
}

func leavingWithTheUser(t *testing.T, s Store) {
	crowd(t, s, 2)
	organization(t, s, "org_1", nil)
	organization(t, s, "org_2", nil)
	must(t, s.AddMember(t.Context(), newMembership("org_1", "user_2", store.RoleMember)))
	must(t, s.DeleteUser(t.Context(), user))
	if one, two := counts(t, s, "org_1"), counts(t, s, "org_2"); one != "1 members, 0 admins" || two != "0 members, 0 admins" {
		t.Errorf("%s; %s", one, two)
	}
	if _, err := s.BelongsTo(t.Context(), user, "org_1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("who is gone: %v, want ErrNotFound", err)
	}
	m := newMembership("org_1", "user_2", store.RoleAdmin) // an organization without an admin gets one again
	m.UpdatedAt = now.Add(time.Second)
	must(t, s.UpdateMembership(t.Context(), m, now))
	if got := counts(t, s, "org_1"); got != "1 members, 1 admins" {
		t.Error(got)
	}
}

func joiningRacesDeletion(t *testing.T, s Store) {
	const rounds = 8
	crowd(t, s, 2*rounds+1)
	for i := range rounds {
		organization(t, s, fmt.Sprintf("org_%d", i), nil)
	}
	for i, err := range together(3*rounds, func(i int) error {
		round := i / 3
		leaves, stays := fmt.Sprintf("user_%d", 2*round+2), fmt.Sprintf("user_%d", 2*round+3)
		id := fmt.Sprintf("org_%d", round)
		switch {
		case i%3 == 0:
			return s.AddMember(t.Context(), newMembership(id, leaves, store.RoleMember))
		case i%3 == 1 && round%2 == 0:
			return s.DeleteUser(t.Context(), leaves)
		case i%3 == 1:
			return s.DeleteOrganization(t.Context(), id, time.Time{})
		}
		return s.AddMember(t.Context(), newMembership(id, stays, store.RoleMember))
	}) {
		if err != nil && (i%3 == 1 || !errors.Is(err, store.ErrNotFound)) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	checkCounts(t, s)
}

// checkCounts compares what organizations say of their members with the memberships
// there are, none of which may be without its two sides.
func checkCounts(t *testing.T, s Store) {
	t.Helper()
	list, _, err := s.ListOrganizations(t.Context(), store.OrganizationQuery{Limit: 100})
	must(t, err)
	sum := 0
	for _, o := range list {
		members, n, err := s.ListMembers(t.Context(), store.MemberQuery{OrganizationID: o.ID, Limit: 100})
		must(t, err)
		admins := 0
		for _, m := range members {
			if m.Role == store.RoleAdmin {
				admins++
			}
		}
		if o.Members != n || o.Admins != admins {
			t.Errorf("%s counts %d members and %d admins, and has %d and %d", o.ID, o.Members, o.Admins, n, admins)
		}
		sum += n
	}
	if _, n, err := s.ListMembers(t.Context(), store.MemberQuery{Limit: 1}); n != sum || err != nil {
		t.Errorf("%d memberships in all, %v, want %d", n, err, sum)
	}
}

func countsStayRight(t *testing.T, s Store) {
	crowd(t, s, 9)
	for i := range 3 {
		organization(t, s, fmt.Sprintf("org_%d", i), nil)
	}
	for i, err := range together(32, func(i int) error {
		id, who := fmt.Sprintf("org_%d", i%3), fmt.Sprintf("user_%d", i%8+2)
		switch i % 4 {
		case 0, 1:
			m := newMembership(id, who, []store.Role{store.RoleAdmin, store.RoleMember}[i%2])
			m.ID = fmt.Sprintf("orgmem_%d", i)
			return s.AddMember(t.Context(), m)
		case 2:
			m := newMembership(id, who, store.RoleAdmin)
			m.UpdatedAt = now.Add(time.Duration(i) * time.Second)
			return s.UpdateMembership(t.Context(), m, now)
		}
		if i > 24 {
			return s.DeleteUser(t.Context(), who)
		}
		return s.RemoveMember(t.Context(), id, who, time.Time{})
	}) {
		var exists *store.ExistsError
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) && !errors.As(err, &exists) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	checkCounts(t, s)
}
