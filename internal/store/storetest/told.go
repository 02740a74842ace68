package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// A change is something to do and the events that it has.
type change struct {
	name string
	do   func(context.Context) error
	want string
}

// wantTold makes changes, one after another.
func wantTold(t *testing.T, s Store, all []change) {
	t.Helper()
	for _, c := range all {
		got := events(t, s, func(ctx context.Context) {
			if err := c.do(ctx); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		})
		if told(got) != c.want {
			t.Errorf("%s: events %q, want %q", c.name, told(got), c.want)
		}
	}
}

// expects makes an error that is wanted none.
func expects(want error, err error) error {
	if errors.Is(err, want) {
		return nil
	}
	return errors.Join(errors.New("no such failure"), err)
}

// taken makes it none that another has a value.
func taken(field string, err error) error {
	var exists *store.ExistsError
	if errors.As(err, &exists) && exists.Field == field {
		return nil
	}
	return errors.Join(errors.New("no such failure"), err)
}

func organizationsAreTold(t *testing.T, s Store) {
	later := now.Add(time.Hour)
	first, member := newMembership("org_1", user, store.RoleAdmin), newMembership("org_1", "user_2", store.RoleMember)
	must(t, s.CreateUser(t.Context(), newUser("user_2", "grace@example.com")))
	wantTold(t, s, []change{
		{"make one without members", func(ctx context.Context) error {
			return s.CreateOrganization(ctx, newOrganization("org_0", "empty"), nil)
		}, "organization.created org_0"},
		{"make one", func(ctx context.Context) error {
			return s.CreateOrganization(ctx, newOrganization("org_1", "one"), &first)
		}, "organization.created org_1, organizationMembership.created " + first.ID},
		{"make it again", func(ctx context.Context) error {
			return taken("slug", s.CreateOrganization(ctx, newOrganization("org_2", "one"), nil))
		}, ""},
		{"change it", func(ctx context.Context) error {
			o := newOrganization("org_1", "other")
			o.UpdatedAt = later
			return s.UpdateOrganization(ctx, o, now)
		}, "organization.updated org_1"},
		{"change it as it was", func(ctx context.Context) error {
			return expects(store.ErrConflict, s.UpdateOrganization(ctx, newOrganization("org_1", "other"), now))
		}, ""},
		{"join", func(ctx context.Context) error { return s.AddMember(ctx, member) }, "organizationMembership.created " + member.ID},
		{"join again", func(ctx context.Context) error {
			return taken("user_id", s.AddMember(ctx, member))
		}, ""},
		{"change a role", func(ctx context.Context) error {
			member.Role, member.UpdatedAt = store.RoleAdmin, later
			return s.UpdateMembership(ctx, member, now)
		}, "organizationMembership.updated " + member.ID},
		{"leave", func(ctx context.Context) error { return s.RemoveMember(ctx, "org_1", "user_2", time.Time{}) }, "organizationMembership.deleted " + member.ID},
		{"leave as the last admin", func(ctx context.Context) error {
			return expects(store.ErrLastAdmin, s.RemoveMember(ctx, "org_1", user, time.Time{}))
		}, ""},
		{"delete it", func(ctx context.Context) error { return s.DeleteOrganization(ctx, "org_1", time.Time{}) }, "organization.deleted org_1"},
		{"delete it again", func(ctx context.Context) error {
			return expects(store.ErrNotFound, s.DeleteOrganization(ctx, "org_1", time.Time{}))
		}, ""},
	})
	if got := told(newest(t, s, store.EventQuery{Object: "user_2", Limit: 9})); got != "organizationMembership.deleted "+member.ID+
		", organizationMembership.updated "+member.ID+", organizationMembership.created "+member.ID+", user.created user_2" {
		t.Errorf("of the member there are %s", got)
	}
}

func machinesAreTold(t *testing.T, s Store) {
	machines(t, s, 2)
	x := m2mToken(1)
	rotated := newMachine(3)
	rotated.Key = store.Hash{33}
	wantTold(t, s, []change{
		{"make one", func(ctx context.Context) error { return s.CreateMachine(ctx, newMachine(3), "mch_1", "mch_2") }, "machine.created mch_3, machine_scope.created mch_1, machine_scope.created mch_2"},
		{"make one for another that is not there", func(ctx context.Context) error {
			return expects(store.ErrNotFound, s.CreateMachine(ctx, newMachine(4), "mch_9"))
		}, ""},
		{"change it", func(ctx context.Context) error {
			_, err := s.ChangeMachine(ctx, "mch_3", store.MachineChange{Name: new("x")}, now)
			return err
		}, "machine.updated mch_3"},
		{"rotate its key", func(ctx context.Context) error { return s.RotateMachineKey(ctx, rotated, newMachine(3).Key) }, "machine.secret_rotated mch_3"},
		{"rotate the key that it had", func(ctx context.Context) error {
			return expects(store.ErrConflict, s.RotateMachineKey(ctx, rotated, newMachine(3).Key))
		}, ""},
		{"add a scope", func(ctx context.Context) error {
			return s.AddMachineScope(ctx, store.MachineScope{From: "mch_1", To: "mch_2", CreatedAt: now}, 9)
		}, "machine_scope.created mch_2"},
		{"add it again", func(ctx context.Context) error {
			return expects(store.ErrConflict, s.AddMachineScope(ctx, store.MachineScope{From: "mch_1", To: "mch_2", CreatedAt: now}, 9))
		}, ""},
		{"take it back", func(ctx context.Context) error { return s.RemoveMachineScope(ctx, "mch_1", "mch_2") }, "machine_scope.deleted mch_2"},
		{"take it back again", func(ctx context.Context) error {
			return expects(store.ErrNotFound, s.RemoveMachineScope(ctx, "mch_1", "mch_2"))
		}, ""},
		{"issue a token", func(ctx context.Context) error { return s.CreateM2MToken(ctx, x) }, ""},
		{"revoke it as another", func(ctx context.Context) error {
			_, err := s.RevokeM2MToken(ctx, x.ID, "mch_2", nil, now)
			return expects(store.ErrNotFound, err)
		}, ""},
		{"eight revoke it", func(ctx context.Context) error {
			return errors.Join(together(8, func(int) error { _, err := s.RevokeM2MToken(ctx, x.ID, "", nil, now); return err })...)
		}, "m2m_token.revoked " + x.ID.String()},
		{"delete it", func(ctx context.Context) error { return s.DeleteMachine(ctx, "mch_1") }, "machine.deleted mch_1"},
	})
	if got := told(newest(t, s, store.EventQuery{Object: "mch_1", Types: []store.EventType{store.M2MTokenRevoked}, Limit: 9})); got != "m2m_token.revoked "+x.ID.String() {
		t.Errorf("of the tokens of the machine there are %s", got)
	}
}

func subjectKeysAreTold(t *testing.T, s Store) {
	k := subjectKey(1)
	revoke := func(ctx context.Context) error { _, err := s.RevokeSubjectKey(ctx, k.ID, nil, now); return err }
	wantTold(t, s, []change{
		{"make one", func(ctx context.Context) error { return s.CreateSubjectKey(ctx, k) }, "api_key.created " + k.ID.String()},
		{"make one for nobody", func(ctx context.Context) error {
			nobody := subjectKey(2)
			nobody.Subject = "user_9"
			return expects(store.ErrNotFound, s.CreateSubjectKey(ctx, nobody))
		}, ""},
		{"change it", func(ctx context.Context) error {
			_, err := s.ChangeSubjectKey(ctx, k.ID, store.SubjectKeyChange{Description: new("x")}, now)
			return err
		}, "api_key.updated " + k.ID.String()},
		{"eight revoke it", func(ctx context.Context) error {
			return errors.Join(together(8, func(int) error { return revoke(ctx) })...)
		}, "api_key.revoked " + k.ID.String()},
		{"delete it", func(ctx context.Context) error { return s.DeleteSubjectKey(ctx, k.ID) }, "api_key.deleted " + k.ID.String()},
		{"delete it again", func(ctx context.Context) error { return expects(store.ErrNotFound, s.DeleteSubjectKey(ctx, k.ID)) }, ""},
	})
	if got := newest(t, s, store.EventQuery{Object: user, Types: []store.EventType{store.SubjectKeyDeleted}, Limit: 9}); len(got) != 1 {
		t.Errorf("of the user whose key was deleted there are %s", told(got))
	}
}

func ticketsAreTold(t *testing.T, s Store) {
	token := func(id string) store.SignInToken {
		return store.SignInToken{ID: id, UserID: user, Status: store.TicketPending, ExpiresAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now}
	}
	asked := func(id string) store.Invitation {
		return store.Invitation{ID: id, Address: id + "@example.com", Status: store.TicketPending, ExpiresAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now}
	}
	wantTold(t, s, []change{
		{"make a token", func(ctx context.Context) error { return s.CreateSignInToken(ctx, token("sit_1")) }, "sign_in_token.created sit_1"},
		{"revoke it", func(ctx context.Context) error { return s.RevokeSignInToken(ctx, "sit_1", now) }, "sign_in_token.revoked sit_1"},
		{"revoke it again", func(ctx context.Context) error {
			return expects(store.ErrConflict, s.RevokeSignInToken(ctx, "sit_1", now))
		}, ""},
		{"invite two", func(ctx context.Context) error { return s.CreateInvitations(ctx, asked("inv_1"), asked("inv_2")) }, "invitation.created inv_1, invitation.created inv_2"},
		{"revoke one", func(ctx context.Context) error { return s.RevokeInvitation(ctx, "inv_1", now) }, "invitation.revoked inv_1"},
		{"revoke it again", func(ctx context.Context) error {
			return expects(store.ErrConflict, s.RevokeInvitation(ctx, "inv_1", now))
		}, ""},
		{"accept one", func(ctx context.Context) error {
			return s.AcceptInvitation(ctx, "inv_2", newUser("user_2", "inv_2@example.com"), now)
		}, "invitation.accepted inv_2, user.created user_2"},
	})
	for _, e := range newest(t, s, store.EventQuery{Object: "user_2", Limit: 9}) {
		if want := (store.Actor{Kind: store.ByUser, ID: "user_2"}); e.Actor != want {
			t.Errorf("%s was done by %+v, want %+v", e.Type, e.Actor, want)
		}
	}
}
