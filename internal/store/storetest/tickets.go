package storetest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var ticketPromises = map[string]func(*testing.T, Store){
	"a sign-in token signs in once":                   signInTokenOnce,
	"a sign-in token dies with its user and its time": signInTokenDies,
	"a revoked sign-in token signs nobody in":         signInTokenRevoked,
	"expired sign-in tokens are deleted":              expiredSignInTokens,
	"an invitation is kept and listed":                invitationIsKept,
	"one address has one pending invitation":          invitedOnce,
	"an invitation is accepted once, with its user":   acceptedOnce,
	"an invitation that has ended admits nobody":      endedInvitations,
}

func signInToken(id string) store.SignInToken {
	return store.SignInToken{ID: id, UserID: user, Status: store.TicketPending, ExpiresAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now}
}

func signIn(n byte, at time.Time) store.Session {
	return store.Session{Cookie: store.Hash{n}, ID: "sess_" + string('a'+rune(n)), SignedInAt: at, ExpiresAt: at.Add(time.Hour)}
}

func signInTokenOnce(t *testing.T, s Store) {
	want := signInToken("sit_1")
	must(t, s.CreateSignInToken(t.Context(), want))
	got, err := s.SignInToken(t.Context(), want.ID, now)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	begun := now.Add(time.Minute)
	won, winner := 0, byte(0)
	for i, err := range together(8, func(i int) error { return s.RedeemSignInToken(t.Context(), want.ID, signIn(byte(i), begun)) }) {
		switch {
		case err == nil:
			won, winner = won+1, byte(i)
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Fatalf("%d sign-ins, want 1", won)
	}
	session, u, err := s.SessionWithUser(t.Context(), store.Hash{winner}, begun)
	if err != nil || u.ID != user || session.Methods != nil {
		t.Errorf("session %+v of %s, %v", session, u.ID, err)
	}
	if _, n, err := s.SessionsOf(t.Context(), user, begun, 10, 0); n != 1 || err != nil {
		t.Errorf("%d sessions, %v, want 1", n, err)
	}
	if got, err := s.SignInToken(t.Context(), want.ID, begun); err != nil || got.Status != store.TicketAccepted || !got.UpdatedAt.Equal(begun) {
		t.Errorf("afterwards %+v, %v", got, err)
	}
	if err := s.RevokeSignInToken(t.Context(), want.ID, begun); !errors.Is(err, store.ErrConflict) {
		t.Errorf("revoking it then: %v, want ErrConflict", err)
	}
}

func signInTokenDies(t *testing.T, s Store) {
	orphan := signInToken("sit_0")
	orphan.UserID = "user_nobody"
	if err := s.CreateSignInToken(t.Context(), orphan); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("for nobody: %v, want ErrNotFound", err)
	}
	x := signInToken("sit_1")
	must(t, s.CreateSignInToken(t.Context(), x))
	if err := s.RedeemSignInToken(t.Context(), x.ID, signIn(1, x.ExpiresAt)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("at its expiry: %v, want ErrNotFound", err)
	}
	must(t, s.SetBanned(t.Context(), user, true, now))
	if err := s.RedeemSignInToken(t.Context(), x.ID, signIn(1, now.Add(time.Minute))); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a banned user: %v, want ErrNotFound", err)
	}
	must(t, s.SetBanned(t.Context(), user, false, now))
	must(t, s.RedeemSignInToken(t.Context(), x.ID, signIn(1, now.Add(time.Minute)))) // the refusal took nothing
	must(t, s.CreateSignInToken(t.Context(), signInToken("sit_2")))
	must(t, s.DeleteUser(t.Context(), user))
	if _, err := s.SignInToken(t.Context(), "sit_2", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a deleted user: %v, want ErrNotFound", err)
	}
}

func signInTokenRevoked(t *testing.T, s Store) {
	x := signInToken("sit_1")
	must(t, s.CreateSignInToken(t.Context(), x))
	must(t, s.RevokeSignInToken(t.Context(), x.ID, now))
	for what, err := range map[string]error{
		"redeeming": s.RedeemSignInToken(t.Context(), x.ID, signIn(1, now.Add(time.Minute))),
		"revoking":  s.RevokeSignInToken(t.Context(), x.ID, now),
	} {
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("%s it: %v, want ErrConflict", what, err)
		}
	}
	if err := s.RevokeSignInToken(t.Context(), "sit_none", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that does not exist: %v, want ErrNotFound", err)
	}
}

func expiredSignInTokens(t *testing.T, s Store) {
	for _, id := range []string{"sit_1", "sit_2", "sit_3"} {
		must(t, s.CreateSignInToken(t.Context(), signInToken(id)))
	}
	for _, x := range []struct {
		at   time.Time
		want int
	}{{now, 0}, {now.Add(2 * time.Hour), 2}, {now.Add(2 * time.Hour), 1}} {
		if n, err := s.DeleteExpiredSignInTokens(t.Context(), x.at, 2); n != x.want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, x.want)
		}
	}
}

func invitation(id, address string) store.Invitation {
	return store.Invitation{
		ID: id, Address: address, PublicMetadata: json.RawMessage(`{"plan":"pro"}`), RedirectURL: "https://app.example/welcome",
		Status: store.TicketPending, ExpiresAt: now.Add(24 * time.Hour), CreatedAt: now, UpdatedAt: now,
	}
}

func invitationIsKept(t *testing.T, s Store) {
	want := invitation("inv_1", "Bob@example.com")
	must(t, s.CreateInvitations(t.Context(), want))
	got, err := s.Invitation(t.Context(), want.ID, now)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	late := invitation("inv_2", "eve@example.com")
	late.CreatedAt, late.ExpiresAt = now.Add(time.Minute), now.Add(time.Hour)
	must(t, s.CreateInvitations(t.Context(), late))
	must(t, s.CreateInvitations(t.Context(), invitation("inv_3", "joe@example.com")))
	must(t, s.RevokeInvitation(t.Context(), "inv_3", now))
	then := late.ExpiresAt
	for _, tt := range []struct {
		name  string
		q     store.InvitationQuery
		want  []string
		total int
	}{
		{"newest first", store.InvitationQuery{Descending: true}, []string{"inv_2", "inv_3", "inv_1"}, 3},
		{"by address", store.InvitationQuery{OrderBy: store.InvitationsByAddress}, []string{"inv_1", "inv_2", "inv_3"}, 3},
		{"by expiry", store.InvitationQuery{OrderBy: store.InvitationsByExpiry}, []string{"inv_2", "inv_1", "inv_3"}, 3},
		{"pending", store.InvitationQuery{Statuses: []store.TicketStatus{store.TicketPending}}, []string{"inv_1"}, 1},
		{"expired or revoked", store.InvitationQuery{Statuses: []store.TicketStatus{store.TicketExpired, store.TicketRevoked}}, []string{"inv_3", "inv_2"}, 2},
		{"by part of the address", store.InvitationQuery{Query: "BOB@"}, []string{"inv_1"}, 1},
		{"by id", store.InvitationQuery{Query: "inv_2"}, []string{"inv_2"}, 1},
		{"what no row can hold", store.InvitationQuery{Query: "a\x00"}, nil, 0},
	} {
		tt.q.Limit = 10
		got, total, err := s.ListInvitations(t.Context(), tt.q, then)
		var ids []string
		for _, i := range got {
			ids = append(ids, i.ID)
		}
		if diff := cmp.Diff(tt.want, ids); err != nil || total != tt.total || diff != "" {
			t.Errorf("%s: %d, %v (-want +got)\n%s", tt.name, total, err, diff)
		}
	}
	if got, err := s.Invitation(t.Context(), "inv_2", then); err != nil || got.Status != store.TicketExpired {
		t.Errorf("at its expiry %+v, %v", got, err)
	}
}

func invitedOnce(t *testing.T, s Store) {
	exists := func(want string, err error) {
		t.Helper()
		var e *store.ExistsError
		if !errors.As(err, &e) || e.Field != want {
			t.Errorf("got %v, want an ExistsError for %s", err, want)
		}
	}
	exists("email_address", s.CreateInvitations(t.Context(), invitation("inv_0", "ADA@example.com")))
	won := 0
	for _, err := range together(8, func(i int) error {
		return s.CreateInvitations(t.Context(), invitation("inv_"+string('a'+rune(i)), "bob@example.com"))
	}) {
		if err == nil {
			won++
			continue
		}
		exists("invitation", err)
	}
	if won != 1 {
		t.Errorf("%d invitations, want 1", won)
	}
	beside := invitation("inv_beside", "Bob@example.com")
	beside.Beside = true
	must(t, s.CreateInvitations(t.Context(), beside))
	beside.ID, beside.Address = "inv_ada", "ada@example.com"
	must(t, s.CreateInvitations(t.Context(), beside))
	exists("email_address", s.CreateInvitations(t.Context(), invitation("inv_new", "new@example.com"), invitation("inv_taken", "ada@example.com")))
	if _, err := s.Invitation(t.Context(), "inv_new", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one of two was kept: %v", err)
	}
	again := invitation("inv_again", "bob@example.com")
	again.CreatedAt, again.ExpiresAt = now.Add(48*time.Hour), now.Add(72*time.Hour)
	must(t, s.CreateInvitations(t.Context(), again)) // the others have expired
}

func acceptedOnce(t *testing.T, s Store) {
	i := invitation("inv_1", "bob@example.com")
	must(t, s.CreateInvitations(t.Context(), i))
	if err := s.AcceptInvitation(t.Context(), i.ID, newUser("user_9", "ada@example.com"), now); err == nil {
		t.Error("accepted with an address that another user has")
	}
	won := 0
	for n, err := range together(8, func(n int) error {
		return s.AcceptInvitation(t.Context(), i.ID, newUser("user_b"+string('a'+rune(n)), "bob"+string('a'+rune(n))+"@example.com"), now)
	}) {
		switch {
		case err == nil:
			won++
			if _, err := s.UserByID(t.Context(), "user_b"+string('a'+rune(n))); err != nil {
				t.Error(err)
			}
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if users, err := s.CountUsers(t.Context(), store.UserQuery{}); won != 1 || users != 2 || err != nil {
		t.Errorf("accepted %d times, %d users, %v", won, users, err)
	}
	if got, err := s.Invitation(t.Context(), i.ID, now); err != nil || got.Status != store.TicketAccepted {
		t.Errorf("afterwards %+v, %v", got, err)
	}
}

func endedInvitations(t *testing.T, s Store) {
	must(t, s.CreateInvitations(t.Context(), invitation("inv_1", "bob@example.com")))
	must(t, s.CreateInvitations(t.Context(), invitation("inv_2", "eve@example.com")))
	must(t, s.RevokeInvitation(t.Context(), "inv_1", now))
	expired := now.Add(24 * time.Hour)
	for what, err := range map[string]error{
		"accepting a revoked one":  s.AcceptInvitation(t.Context(), "inv_1", newUser("user_9", "bob@example.com"), now),
		"revoking it again":        s.RevokeInvitation(t.Context(), "inv_1", now),
		"accepting an expired one": s.AcceptInvitation(t.Context(), "inv_2", newUser("user_9", "eve@example.com"), expired),
		"revoking an expired one":  s.RevokeInvitation(t.Context(), "inv_2", expired),
	} {
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", what, err)
		}
	}
	if err := s.AcceptInvitation(t.Context(), "inv_none", newUser("user_9", "joe@example.com"), now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that does not exist: %v, want ErrNotFound", err)
	}
	must(t, s.CreateInvitations(t.Context(), invitation("inv_3", "bob@example.com"))) // after the revoked one
}
