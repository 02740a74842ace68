package hosted

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// invitations are those of the database, joined by whoever gives the password.
type invitations struct{ s *server }

func (x invitations) Invitation(ctx context.Context, id string) (store.Invitation, error) {
	return x.s.db.Invitation(ctx, id, x.s.now)
}

func (x invitations) Join(ctx context.Context, id string, n Newcomer) (store.User, error) {
	if n.Password != password {
		return store.User{}, &Mistake{Field: "password", Problem: ui.PasswordOdd}
	}
	u := store.User{ID: "user_new", FirstName: n.FirstName, LastName: n.LastName, CreatedAt: x.s.now, UpdatedAt: x.s.now}
	err := x.s.db.AcceptInvitation(ctx, id, u, x.s.now)
	if errors.Is(err, store.ErrConflict) {
		err = store.ErrNotFound
	}
	return u, err
}

// tickets are ids in clear.
type tickets struct{}

func (tickets) OpenSignIn(ticket string) (string, error)     { return open("in.", ticket) }
func (tickets) OpenInvitation(ticket string) (string, error) { return open("up.", ticket) }

func open(prefix, ticket string) (string, error) {
	id, ok := strings.CutPrefix(ticket, prefix)
	if !ok {
		return "", errors.New("forged")
	}
	return id, nil
}

func (s *server) signInToken(t *testing.T, id, user string) string {
	t.Helper()
	err := s.db.CreateSignInToken(t.Context(), store.SignInToken{
		ID: id, UserID: user, Status: store.TicketPending, ExpiresAt: s.now.Add(time.Hour), CreatedAt: s.now, UpdatedAt: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return "/sign-in/token?ticket=in." + id
}

func (s *server) invite(t *testing.T, id, redirectURL string) string {
	t.Helper()
	err := s.db.CreateInvitations(t.Context(), store.Invitation{
		ID: id, Address: id + "@example.com", RedirectURL: redirectURL, Status: store.TicketPending,
		ExpiresAt: s.now.Add(time.Hour), CreatedAt: s.now, UpdatedAt: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return "/sign-up?ticket=up." + id
}

func TestSignInTokenSignsInOnce(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	path := s.signInToken(t, "sit_1", "user_ada")
	page := b.get(path)
	if page.StatusCode != http.StatusOK || !strings.Contains(page.body, ">ada<") {
		t.Errorf("the page does not tell whose account it is: %d\n%s", page.StatusCode, page.body)
	}
	b.want(b.get("/sign-in"), http.StatusOK, "") // looking at the link signs nobody in
	b.wantCode(b.post("/sign-in/token", encode("ticket", "in.sit_1", "csrf", "forged")), http.StatusForbidden, "stale_form")
	b.want(b.post("/sign-in/token", encode("ticket", "in.sit_1", "csrf", b.csrf(path))), http.StatusSeeOther, "/")
	if home := b.get("/"); !strings.Contains(home.body, ">ada<") {
		t.Errorf("nobody is signed in\n%s", home.body)
	}
	other := s.browser(t)
	other.wantCode(other.get(path), http.StatusGone, "invalid_ticket")
	other.wantCode(other.post("/sign-in/token", encode("ticket", "in.sit_1", "csrf", other.csrf("/sign-in"))), http.StatusGone, "invalid_ticket")
}

func TestLinksThatDoNotWork(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	banned := s.signInToken(t, "sit_1", "user_bob")
	late := s.signInToken(t, "sit_2", "user_ada")
	invited, revoked := s.invite(t, "late", ""), s.invite(t, "revoked", "")
	if err := errors.Join(s.db.SetBanned(t.Context(), "user_bob", true, s.now), s.db.RevokeInvitation(t.Context(), "revoked", s.now)); err != nil {
		t.Fatal(err)
	}
	b.wantCode(b.get(banned), http.StatusGone, "invalid_ticket")
	b.wantCode(b.get(revoked), http.StatusGone, "invalid_invitation")
	token := b.csrf("/sign-in")
	b.wantCode(b.post("/sign-in/token", encode("ticket", "in.sit_1", "csrf", token)), http.StatusGone, "invalid_ticket")
	b.wantCode(b.post("/sign-up", encode("ticket", "up.revoked", "csrf", token, "password", password)), http.StatusGone, "invalid_invitation")
	s.now = s.now.Add(time.Hour)
	b.wantCode(b.get(late), http.StatusGone, "invalid_ticket")
	b.wantCode(b.get(invited), http.StatusGone, "invalid_invitation")
	for _, forged := range []string{"/sign-in/token", "/sign-in/token?ticket=up.late", "/sign-in/token?ticket=in.sit_9"} {
		b.wantCode(b.get(forged), http.StatusGone, "invalid_ticket")
	}
	for _, forged := range []string{"/sign-up?ticket=", "/sign-up?ticket=in.sit_2", "/sign-up?ticket=up.nobody"} {
		b.wantCode(b.get(forged), http.StatusGone, "invalid_invitation")
	}
}

func TestSignUpByInvitation(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	path := s.invite(t, "new", "https://app.example/welcome?a=1")
	page := b.get(path)
	if page.StatusCode != http.StatusOK || !strings.Contains(page.body, "new@example.com") {
		t.Errorf("the page does not name the address: %d\n%s", page.StatusCode, page.body)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://app.example;") {
		t.Errorf("policy %q does not let the form go on", policy)
	}
	form := []string{"ticket", "up.new", "csrf", b.csrf(path), "first_name", "Grace", "last_name", "Hopper", "password"}
	for name, wrong := range map[string]string{"not admitted": "short", "too long": strings.Repeat("x", maxPassword+1)} {
		got := b.post("/sign-up", encode(append(form, wrong)...))
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, `id="problem"`) || !strings.Contains(got.body, `value="Grace"`) || strings.Contains(got.body, wrong) {
			t.Errorf("a password that is %s: %d\n%s", name, got.StatusCode, got.body)
		}
	}
	b.wantCode(b.post("/sign-up", encode(append(form[:3:3], "forged", "password", password)...)), http.StatusForbidden, "stale_form")
	got := b.post("/sign-up", encode(append(form, password)...))
	if at := got.Header.Get("Location"); got.StatusCode != http.StatusSeeOther || at != "https://app.example/welcome?a=1" {
		t.Errorf("went on to %q with %d", at, got.StatusCode)
	}
	if home := b.get("/"); !strings.Contains(home.body, "Grace Hopper") {
		t.Errorf("the newcomer is not signed in\n%s", home.body)
	}
	b.wantCode(b.post("/sign-up", encode(append(form, password)...)), http.StatusGone, "invalid_invitation")
}
