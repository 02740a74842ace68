package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

var eventPromises = map[string]func(*testing.T, Store){
	"every change has its event":          changesHaveEvents,
	"organizations are told":              organizationsAreTold,
	"machines are told":                   machinesAreTold,
	"keys of users are told":              subjectKeysAreTold,
	"tickets are told":                    ticketsAreTold,
	"what fails has no event":             failuresHaveNone,
	"of racing changes one has an event":  oneEventOfARace,
	"an event names who did it":           actors,
	"events are selected, page by page":   eventPages,
	"old events go with their deliveries": oldEvents,
}

// events are those made by do, oldest first.
func events(t *testing.T, s Store, do func(context.Context)) []store.Event {
	t.Helper()
	before := newest(t, s, store.EventQuery{Limit: 1})
	do(t.Context())
	all := newest(t, s, store.EventQuery{Limit: 1000})
	if len(before) > 0 {
		all = all[:slices.IndexFunc(all, func(e store.Event) bool { return e.ID == before[0].ID })]
	}
	slices.Reverse(all)
	return all
}

func newest(t *testing.T, s Store, q store.EventQuery) []store.Event {
	t.Helper()
	q.Descending = true
	page, err := s.Events(t.Context(), q)
	must(t, err)
	return page.Events
}

// told are types and objects of events.
func told(all []store.Event) string {
	var texts []string
	for _, e := range all {
		texts = append(texts, string(e.Type)+" "+e.ObjectID)
	}
	return strings.Join(texts, ", ")
}

func changesHaveEvents(t *testing.T, s Store) {
	later := now.Add(time.Hour)
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	if got := told(newest(t, s, store.EventQuery{Limit: 10})); got != "oauth_authorization.granted client1, oauth_application.created oa_1, user.created user_1" {
		t.Errorf("at first there are %s", got)
	}
	session := store.Session{ID: "sess_1", Cookie: store.Hash{1}, UserID: user, SignedInAt: later, ExpiresAt: later.Add(time.Hour)}
	other := store.Session{ID: "sess_2", Cookie: store.Hash{2}, UserID: user, SignedInAt: later, ExpiresAt: later.Add(time.Hour)}
	key := store.APIKey{ID: "key_1", Name: "k", Secret: store.Hash{7}, CreatedAt: now}
	signing := store.SigningKey{ID: "kid", Algorithm: oauth.RS256, Number: 1, PublicJWK: []byte("{}"), SealedKey: []byte("x"), CreatedAt: now}
	wantTold(t, s, []change{
		{"refresh", func(ctx context.Context) error {
			_, err := s.RotateRefreshToken(ctx, store.Rotation{ID: g.ID, ClientID: client, Generation: 1, Now: g.RotatedAt, ExpiresAt: later})
			return err
		}, ""},
		{"sign in", func(ctx context.Context) error { return s.CreateSession(ctx, session) }, "session.created sess_1"},
		{"sign out", func(ctx context.Context) error { return s.EndSession(ctx, "sess_1", later) }, "session.removed sess_1"},
		{"sign out again", func(ctx context.Context) error { return s.EndSession(ctx, "sess_1", later) }, ""},
		{"sign in again", func(ctx context.Context) error { return s.CreateSession(ctx, other) }, "session.created sess_2"},
		{"new password", func(ctx context.Context) error {
			u := newUser(user, "ada@example.com")
			u.UpdatedAt = later
			return s.UpdateUser(ctx, u, now, true)
		}, "user.updated user_1, session.ended sess_2"},
		{"widen", func(ctx context.Context) error { return s.Agree(ctx, user, client, oauth.Scopes{"email"}, later) }, "oauth_authorization.granted client1"},
		{"withdraw", func(ctx context.Context) error { return s.Withdraw(ctx, user, client, later) }, "oauth_authorization.withdrawn client1"},
		{"withdraw again", func(ctx context.Context) error { return s.Withdraw(ctx, user, client, later) }, ""},
		{"agree again", func(ctx context.Context) error { return s.Agree(ctx, user, client, oauth.Scopes{"email"}, later) }, "oauth_authorization.granted client1"},
		{"withdraw all", func(ctx context.Context) error {
			_, err := s.WithdrawSome(ctx, "", client, later, 10)
			return err
		}, "oauth_authorization.withdrawn client1"},
		{"revoke", func(ctx context.Context) error { return s.RevokeGrant(ctx, g.ID, oauth.RefreshReused, later) }, "oauth_grant.revoked " + g.ID.String()},
		{"revoke again", func(ctx context.Context) error { return s.RevokeGrant(ctx, g.ID, oauth.ClientRevoked, later) }, ""},
		{"ban", func(ctx context.Context) error { return s.SetBanned(ctx, user, true, later) }, "user.updated user_1"},
		{"lock", func(ctx context.Context) error { return s.SetLocked(ctx, user, true, later) }, "user.updated user_1"},
		{"cut off a user", func(ctx context.Context) error { _, err := s.CutOffUser(ctx, user, later); return err }, "oauth_revocation.created user_1"},
		{"cut off a client", func(ctx context.Context) error { _, err := s.CutOffClient(ctx, app, later); return err }, "oauth_revocation.created oa_1"},
		{"cut off all", func(ctx context.Context) error { _, err := s.CutOff(ctx, later); return err }, "oauth_revocation.created ins_1"},
		{"change a client", func(ctx context.Context) error { return changeClient(ctx, s, func(c *store.Client) { c.Name = "x" }) }, "oauth_application.updated oa_1"},
		{"rotate a secret", func(ctx context.Context) error {
			return changeClient(ctx, s, func(c *store.Client) { c.SecretHash = store.Hash{9} })
		}, "oauth_application.secret_rotated oa_1"},
		{"admit a client", func(ctx context.Context) error { return s.AdmitClient(ctx, newClient("oa_2", "client2")) }, "oauth_application.created oa_2"},
		{"admit it again", func(ctx context.Context) error { return s.AdmitClient(ctx, newClient("oa_3", "client2")) }, ""},
		{"delete a client", func(ctx context.Context) error { return s.DeleteClient(ctx, app) }, "oauth_application.deleted oa_1"},
		{"delete a user", func(ctx context.Context) error { return s.DeleteUser(ctx, user) }, "user.deleted user_1"},
		{"make a key", func(ctx context.Context) error { return s.CreateAPIKey(ctx, key) }, "secret_key.created key_1"},
		{"replace a key", func(ctx context.Context) error {
			return s.PutAPIKey(ctx, store.APIKey{ID: "key_2", Name: "k", Secret: store.Hash{8}, CreatedAt: now})
		}, "secret_key.revoked key_1, secret_key.created key_2"},
		{"make a signing key", func(ctx context.Context) error { return s.CreateSigningKey(ctx, signing) }, "signing_key.created kid"},
		{"retire it", func(ctx context.Context) error { return s.RetireSigningKey(ctx, "kid", now) }, "signing_key.retired kid"},
		{"retire it again", func(ctx context.Context) error { return s.RetireSigningKey(ctx, "kid", later) }, ""},
		{"delete it", func(ctx context.Context) error { return s.DeleteSigningKey(ctx, "kid") }, "signing_key.deleted kid"},
		{"change settings", func(ctx context.Context) error {
			i, err := s.Instance(ctx)
			return errors.Join(err, s.UpdateSettings(ctx, i))
		}, "instance_settings.updated ins_1"},
	})
}

func changeClient(ctx context.Context, s Store, change func(*store.Client)) error {
	c, err := s.ClientByID(ctx, app)
	if err != nil {
		return err
	}
	change(&c)
	return s.UpdateClient(ctx, c)
}

func failuresHaveNone(t *testing.T, s Store) {
	got := events(t, s, func(ctx context.Context) {
		for name, err := range map[string]error{
			"a taken address":     s.CreateUser(ctx, newUser("user_2", "ada@example.com")),
			"no such user":        s.DeleteUser(ctx, "user_2"),
			"no such user to ban": s.SetBanned(ctx, "user_2", true, now),
			"another version":     s.DeleteUserAt(ctx, user, now.Add(time.Second)),
			"no such client":      s.DeleteClient(ctx, "oa_2"),
			"no such connection":  s.Withdraw(ctx, "user_2", client, now),
			"the last key":        s.RevokeAPIKey(ctx, "key_1", now),
			"no such key":         s.DeleteSigningKey(ctx, "kid"),
			"no such grant":       s.RevokeGrant(ctx, grant(1).ID, oauth.ClientRevoked, now),
			"no such session": s.CreateSession(ctx, store.Session{
				ID: "sess_1", UserID: "user_2", SignedInAt: now, ExpiresAt: now.Add(time.Hour),
			}),
		} {
			if err == nil {
				t.Errorf("%s: nothing failed", name)
			}
		}
	})
	if len(got) > 0 {
		t.Errorf("what failed is told as %s", told(got))
	}
}

func oneEventOfARace(t *testing.T, s Store) {
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	c, err := s.ClientByID(t.Context(), app)
	must(t, err)
	for name, call := range map[string]func(ctx context.Context) error{
		"oauth_grant.revoked":           func(ctx context.Context) error { return s.RevokeGrant(ctx, g.ID, oauth.ClientRevoked, now) },
		"oauth_application.updated":     func(ctx context.Context) error { return s.UpdateClient(ctx, c) },
		"oauth_authorization.withdrawn": func(ctx context.Context) error { return s.Withdraw(ctx, user, client, now) },
	} {
		got := events(t, s, func(ctx context.Context) { together(8, func(int) error { return call(ctx) }) })
		if len(got) != 1 || string(got[0].Type) != name {
			t.Errorf("eight at once are told as %s, want one %s", told(got), name)
		}
	}
	got := events(t, s, func(ctx context.Context) { together(8, func(int) error { return s.DeleteUser(ctx, user) }) })
	if told(got) != "user.deleted user_1" {
		t.Errorf("eight who delete a user are told as %s", told(got))
	}
}

func actors(t *testing.T, s Store) {
	operator := store.Actor{Kind: store.BySecretKey, ID: "key_1", Name: "ci"}
	g := grant(1)
	must(t, s.RedeemCode(t.Context(), g))
	session := store.Session{ID: "sess_1", Cookie: store.Hash{1}, UserID: user, SignedInAt: now.Add(time.Hour), ExpiresAt: now.Add(2 * time.Hour)}
	for _, c := range []struct {
		do   func(context.Context) error
		by   store.Actor // who the context names
		want store.Actor
		kind store.EventType
	}{
		{func(ctx context.Context) error { return s.CreateSession(ctx, session) }, store.Actor{}, store.Actor{Kind: store.ByUser, ID: user}, store.SessionCreated},
		{func(ctx context.Context) error { return s.EndSession(ctx, "sess_1", now) }, operator, operator, store.SessionRevoked},
		{func(ctx context.Context) error { return s.Withdraw(ctx, user, client, now) }, operator, operator, store.AuthorizationWithdrawn},
		{func(ctx context.Context) error { return s.Agree(ctx, user, client, oauth.Scopes{"email"}, now) }, store.Actor{}, store.Actor{Kind: store.ByUser, ID: user}, store.AuthorizationGranted},
		{func(ctx context.Context) error { return s.RevokeGrant(ctx, g.ID, oauth.ClientRevoked, now) }, store.Actor{}, store.Actor{Kind: store.ByClient, ID: client}, store.GrantRevoked},
		{func(ctx context.Context) error { return s.SetLocked(ctx, user, true, now) }, store.Actor{}, store.Actor{Kind: store.BySystem}, store.UserUpdated},
	} {
		got := events(t, s, func(ctx context.Context) {
			if c.by != (store.Actor{}) {
				ctx = store.WithActor(ctx, c.by)
			}
			must(t, c.do(ctx))
		})
		if len(got) != 1 || got[0].Actor != c.want || got[0].Type != c.kind || got[0].UserID != user {
			t.Errorf("told as %+v, want %s by %+v", got, c.kind, c.want)
		}
	}
}

func eventPages(t *testing.T, s Store) {
	for _, id := range []string{"user_2", "user_3", "user_4"} {
		must(t, s.CreateUser(t.Context(), newUser(id, id+"@example.com")))
	}
	must(t, s.SetLocked(t.Context(), "user_3", true, now))
	whole := newest(t, s, store.EventQuery{Limit: 100})
	for _, c := range []struct {
		name string
		q    store.EventQuery
		want string
	}{
		{"a type", store.EventQuery{Types: []store.EventType{store.ApplicationCreated}}, "oauth_application.created oa_1"},
		{"two types", store.EventQuery{Types: []store.EventType{store.ApplicationCreated, store.UserUpdated}}, "user.updated user_3, oauth_application.created oa_1"},
		{"an object", store.EventQuery{Object: "user_3"}, "user.updated user_3, user.created user_3"},
		{"a client", store.EventQuery{Object: client}, "oauth_authorization.granted client1, oauth_application.created oa_1"},
		{"nothing", store.EventQuery{Object: "user_\x00"}, ""},
		{"before the first", store.EventQuery{Before: whole[len(whole)-1].ID.Time()}, ""},
		{"since after the last", store.EventQuery{Since: whole[0].ID.Time().Add(time.Millisecond)}, ""},
		{"past the second", store.EventQuery{After: whole[1].ID, Types: []store.EventType{store.UserCreated}}, "user.created user_3, user.created user_2, user.created user_1"},
	} {
		c.q.Limit = 100
		if got := told(newest(t, s, c.q)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	var walked []store.Event
	for q := (store.EventQuery{Descending: true, Limit: 3}); ; {
		page, err := s.Events(t.Context(), q)
		must(t, err)
		walked = append(walked, page.Events...)
		if q.After = page.Last; !page.More {
			break
		}
	}
	if told(walked) != told(whole) {
		t.Errorf("page by page there are %s, want %s", told(walked), told(whole))
	}
	if e, err := s.Event(t.Context(), whole[0].ID); err != nil || told([]store.Event{e}) != told(whole[:1]) {
		t.Errorf("one event: %+v, %v", e, err)
	}
	if _, err := s.Event(t.Context(), store.EventID{1}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such event: %v", err)
	}
}

func oldEvents(t *testing.T, s Store) {
	must(t, s.CreateWebhook(t.Context(), webhook("we_1")))
	must(t, s.SetLocked(t.Context(), user, true, now))
	all := newest(t, s, store.EventQuery{Limit: 10})
	if n, err := s.DeleteOldEvents(t.Context(), all[0].ID.Time().Add(-24*time.Hour), 10); n != 0 || err != nil {
		t.Errorf("removed %d events that are not old, %v", n, err)
	}
	total := 0
	for n := 2; n == 2; {
		var err error
		n, err = s.DeleteOldEvents(t.Context(), all[0].ID.Time().Add(time.Millisecond), 2)
		must(t, err)
		total += n
	}
	if left := newest(t, s, store.EventQuery{Limit: 10}); len(left) > 0 || total != len(all) {
		t.Errorf("removed %d of %d, left %s", total, len(all), told(left))
	}
	if left, err := s.ListDeliveries(t.Context(), store.DeliveryQuery{WebhookID: "we_1", Limit: 10}); len(left) > 0 || err != nil {
		t.Errorf("deliveries without events: %+v, %v", left, err)
	}
}
