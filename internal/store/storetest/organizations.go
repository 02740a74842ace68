package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var organizationPromises = map[string]func(*testing.T, Store){
	"an organization is kept":                     organizationIsKept,
	"an organization begins with its creator":     organizationWithCreator,
	"slugs are unique":                            uniqueSlugs,
	"organizations are listed":                    listingOrganizations,
	"one change of an organization wins":          changingOrganizations,
	"an organization goes with its memberships":   deletingOrganizations,
	"a picture that an organization shows stays":  organizationPicture,
	"a grant tells of the organization of a user": grantOrganization,
	"the organization chosen last is remembered":  rememberedOrganization,
	"without organizations there is no scope":     organizationScope,
}

func newOrganization(id, slug string) store.Organization {
	return store.Organization{
		ID: id, Name: "Org " + slug, Slug: slug, PublicMetadata: json.RawMessage(`{"a":1}`), PrivateMetadata: json.RawMessage(`{}`),
		CreatedBy: user, AdminsDelete: true, CreatedAt: now, UpdatedAt: now,
	}
}

func newMembership(organizationID, userID string, role store.Role) store.Membership {
	return store.Membership{
		ID: "orgmem_" + organizationID + userID, OrganizationID: organizationID, UserID: userID, Role: role,
		PublicMetadata: json.RawMessage(`{}`), PrivateMetadata: json.RawMessage(`{"b":2}`), CreatedAt: now, UpdatedAt: now,
	}
}

// organization makes an organization with the user of seed as its admin.
func organization(t *testing.T, s Store, id string, change func(*store.Organization)) store.Organization {
	t.Helper()
	o, m := newOrganization(id, "slug-"+id[len("org_"):]), newMembership(id, user, store.RoleAdmin)
	if change != nil {
		change(&o)
	}
	must(t, s.CreateOrganization(t.Context(), o, &m))
	return o
}

func counts(t *testing.T, s Store, id string) string {
	t.Helper()
	o, err := s.Organization(t.Context(), id)
	must(t, err)
	return fmt.Sprintf("%d members, %d admins", o.Members, o.Admins)
}

func organizationIsKept(t *testing.T, s Store) {
	want := newOrganization("org_1", "royal-society")
	want.MaxMembers, want.ImageURL = 5, "https://id.example/images/x.png"
	must(t, s.CreateOrganization(t.Context(), want, nil))
	for _, by := range []string{want.ID, want.Slug} {
		got, err := s.Organization(t.Context(), by)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("by %s: %v (-want +got)\n%s", by, err, diff)
		}
	}
	for _, by := range []string{"org_2", "royal", "org_\x00", "\xff", ""} {
		if _, err := s.Organization(t.Context(), by); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("by %q: %v, want ErrNotFound", by, err)
		}
	}
}

func organizationWithCreator(t *testing.T, s Store) {
	stranger := newMembership("org_1", "user_nobody", store.RoleAdmin)
	if err := s.CreateOrganization(t.Context(), newOrganization("org_1", "one"), &stranger); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by nobody: %v, want ErrNotFound", err)
	}
	if _, err := s.Organization(t.Context(), "org_1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after that: %v, want ErrNotFound", err)
	}
	organization(t, s, "org_1", nil)
	if got := counts(t, s, "org_1"); got != "1 members, 1 admins" {
		t.Error(got)
	}
}

func uniqueSlugs(t *testing.T, s Store) {
	made := 0
	for _, err := range together(8, func(i int) error {
		return s.CreateOrganization(t.Context(), newOrganization(fmt.Sprintf("org_%d", i), "one"), nil)
	}) {
		var exists *store.ExistsError
		switch {
		case err == nil:
			made++
		case !errors.As(err, &exists) || exists.Field != "slug":
			t.Errorf("a loser got %v, want ExistsError", err)
		}
	}
	if made != 1 {
		t.Errorf("%d organizations have one slug", made)
	}
	o := newOrganization("org_x", "other")
	must(t, s.CreateOrganization(t.Context(), o, nil))
	o.Slug, o.UpdatedAt = "one", now.Add(time.Second)
	var exists *store.ExistsError
	if err := s.UpdateOrganization(t.Context(), o, now); !errors.As(err, &exists) || exists.Field != "slug" {
		t.Errorf("taking a slug: %v, want ExistsError", err)
	}
}

func listingOrganizations(t *testing.T, s Store) {
	for i, name := range []string{"Beta", "alpha", "100%"} {
		o := newOrganization(fmt.Sprintf("org_%d", i), fmt.Sprintf("slug%d", i))
		o.Name, o.CreatedAt = name, now.Add(time.Duration(i)*time.Second)
		must(t, s.CreateOrganization(t.Context(), o, nil))
	}
	must(t, s.AddMember(t.Context(), newMembership("org_1", user, store.RoleMember)))
	ids := func(q store.OrganizationQuery) string {
		t.Helper()
		if q.Limit == 0 {
			q.Limit = 10
		}
		list, total, err := s.ListOrganizations(t.Context(), q)
		must(t, err)
		text := fmt.Sprint(total, ":")
		for _, o := range list {
			text += " " + o.ID
		}
		return text
	}
	for _, tt := range []struct {
		q    store.OrganizationQuery
		want string
	}{
		{store.OrganizationQuery{}, "3: org_0 org_1 org_2"},
		{store.OrganizationQuery{Descending: true, Limit: 2}, "3: org_2 org_1"},
		{store.OrganizationQuery{Limit: 2, Offset: 2}, "3: org_2"},
		{store.OrganizationQuery{OrderBy: store.OrganizationsByName}, "3: org_2 org_1 org_0"},
		{store.OrganizationQuery{OrderBy: store.OrganizationsByMembers, Descending: true}, "3: org_1 org_2 org_0"},
		{store.OrganizationQuery{Query: "ALP"}, "1: org_1"},
		{store.OrganizationQuery{Query: "lug2"}, "1: org_2"},
		{store.OrganizationQuery{Query: "%"}, "1: org_2"},
		{store.OrganizationQuery{Query: "org_0"}, "1: org_0"},
		{store.OrganizationQuery{Query: "org_"}, "0:"},
		{store.OrganizationQuery{Query: "\x00"}, "0:"},
		{store.OrganizationQuery{IDs: []string{"org_0", "org_9"}}, "1: org_0"},
		{store.OrganizationQuery{ExceptIDs: []string{"org_0"}}, "2: org_1 org_2"},
		{store.OrganizationQuery{Members: []string{user, "user_9"}}, "1: org_1"},
		{store.OrganizationQuery{ExceptMembers: []string{user}}, "2: org_0 org_2"},
	} {
		if got := ids(tt.q); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.q, got, tt.want)
		}
	}
}

func changingOrganizations(t *testing.T, s Store) {
	o := organization(t, s, "org_1", nil)
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	must(t, s.AddMember(t.Context(), newMembership("org_1", "user_2", store.RoleMember))) // no business of the change
	won := 0
	for i, err := range together(8, func(i int) error {
		mine := o
		mine.Name, mine.UpdatedAt = fmt.Sprintf("Name %d", i), now.Add(time.Duration(i+1)*time.Second)
		return s.UpdateOrganization(t.Context(), mine, now)
	}) {
		switch {
		case err == nil:
			won++
			if got, err := s.Organization(t.Context(), o.ID); err != nil || got.Name != fmt.Sprintf("Name %d", i) || got.Members != 2 || got.Admins != 1 {
				t.Errorf("%+v, %v", got, err)
			}
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d changes won", won)
	}
	o.ID, o.Slug = "org_2", "two"
	if err := s.UpdateOrganization(t.Context(), o, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of none: %v, want ErrNotFound", err)
	}
}

func deletingOrganizations(t *testing.T, s Store) {
	organization(t, s, "org_1", nil)
	organization(t, s, "org_2", nil)
	if err := s.DeleteOrganization(t.Context(), "org_1", now.Add(time.Second)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another version: %v, want ErrConflict", err)
	}
	must(t, s.DeleteOrganization(t.Context(), "org_1", now))
	must(t, s.DeleteOrganization(t.Context(), "org_2", time.Time{}))
	if all, err := s.Belonging(t.Context(), user, 10); len(all) != 0 || err != nil {
		t.Errorf("the user belongs to %v, %v", all, err)
	}
	if _, n, err := s.ListMembers(t.Context(), store.MemberQuery{Limit: 10}); n != 0 || err != nil {
		t.Errorf("%d memberships are left, %v", n, err)
	}
	for _, id := range []string{"org_1", "\x00"} {
		if err := s.DeleteOrganization(t.Context(), id, time.Time{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleting %q: %v, want ErrNotFound", id, err)
		}
	}
}

func organizationPicture(t *testing.T, s Store) {
	const base = "https://id.example/images/"
	must(t, s.PutPicture(t.Context(), store.Picture{ID: "a.png", Type: "image/png", Bytes: []byte{1}, CreatedAt: now}))
	o := organization(t, s, "org_1", func(o *store.Organization) { o.ImageURL = base + "a.png" })
	if n, err := s.DeleteUnusedPictures(t.Context(), base, now.Add(time.Hour), 10); n != 0 || err != nil {
		t.Errorf("%d were deleted, %v, want none", n, err)
	}
	must(t, s.DeleteOrganization(t.Context(), o.ID, time.Time{}))
	if n, err := s.DeleteUnusedPictures(t.Context(), base, now.Add(time.Hour), 10); n != 1 || err != nil {
		t.Errorf("%d were deleted, %v, want 1", n, err)
	}
}

func grantOrganization(t *testing.T, s Store) {
	o := organization(t, s, "org_1", func(o *store.Organization) { o.Name = "The  Royal Society" })
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	must(t, s.AddMember(t.Context(), newMembership("org_1", "user_2", store.RoleAdmin)))
	seen, plain := grant(1), grant(2)
	seen.Organization.ID = o.ID
	for _, g := range []oauth.Grant{seen, plain} {
		must(t, s.RedeemCode(t.Context(), g))
	}
	at := now.Add(time.Minute)
	look := func(g oauth.Grant, generation uint32, want oauth.Organization) {
		t.Helper()
		read, err := s.Grant(t.Context(), g.ID, at)
		must(t, err)
		both, _, err := s.GrantWithUser(t.Context(), g.ID, at)
		must(t, err)
		rotated, err := s.RotateRefreshToken(t.Context(), store.Rotation{ID: g.ID, ClientID: client, Generation: generation, Now: at, ExpiresAt: g.ExpiresAt})
		must(t, err)
		again, err := s.RotateRefreshToken(t.Context(), store.Rotation{ID: g.ID, ClientID: client, Generation: generation, Now: at, ExpiresAt: g.ExpiresAt})
		must(t, err)
		if !rotated.Rotated || again.Rotated {
			t.Errorf("rotated %v, %v", rotated.Rotated, again.Rotated)
		}
		for i, got := range []oauth.Organization{read.Organization, both.Organization, rotated.Organization, again.Organization} {
			if got != want {
				t.Errorf("reading %d: %+v, want %+v", i, got, want)
			}
		}
	}
	look(plain, 1, oauth.Organization{})
	look(seen, 1, oauth.Organization{ID: "org_1", Name: "The  Royal Society", Slug: "slug-1"})
	must(t, s.RemoveMember(t.Context(), "org_1", user, time.Time{}))
	look(seen, 2, oauth.Organization{})
	must(t, s.AddMember(t.Context(), newMembership("org_1", user, store.RoleMember)))
	must(t, s.DeleteOrganization(t.Context(), "org_1", time.Time{}))
	look(seen, 3, oauth.Organization{})
}

func rememberedOrganization(t *testing.T, s Store) {
	must(t, s.RememberOrganization(t.Context(), user, client, "org_1"))
	must(t, s.RememberOrganization(t.Context(), user, "client2", "org_1"))
	must(t, s.Agree(t.Context(), user, client, oauth.Scopes{"email"}, now.Add(time.Hour)))
	if c, err := s.Connection(t.Context(), user, client); err != nil || c.OrganizationID != "org_1" {
		t.Errorf("remembered %q, %v", c.OrganizationID, err)
	}
	must(t, s.Withdraw(t.Context(), user, client, now.Add(2*time.Hour)))
	if c, err := s.Connection(t.Context(), user, client); err != nil || c.OrganizationID != "" {
		t.Errorf("after withdrawing: %q, %v", c.OrganizationID, err)
	}
}

func organizationScope(t *testing.T, s Store) {
	c := newClient("oa_2", "client2")
	c.Scopes = oauth.Scopes{"profile", oauth.ScopeOrganization}
	must(t, s.CreateClient(t.Context(), c))
	for enabled, want := range map[bool]string{false: "profile", true: "profile user:org:read"} {
		i, err := s.Instance(t.Context())
		must(t, err)
		i.Settings.Organizations = store.OrganizationSettings{Enabled: enabled, MaxMembers: 3, AdminsKeep: true}
		must(t, s.UpdateSettings(t.Context(), i))
		if again, err := s.Instance(t.Context()); err != nil || again.Settings.Organizations != i.Settings.Organizations {
			t.Errorf("kept as %+v, %v", again.Settings.Organizations, err)
		}
		if got, err := s.ClientByID(t.Context(), "oa_2"); err != nil || got.Scopes.String() != want {
			t.Errorf("enabled %v: %v, %v, want %s", enabled, got.Scopes, err, want)
		}
	}
}
