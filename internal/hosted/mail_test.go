package hosted

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

const graceAddress = "grace@example.com"

// postbox keeps what was sent.
type postbox struct {
	mu   sync.Mutex
	mail []mail.Message
}

func (p *postbox) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mail = append(p.mail, m)
	return nil
}

// signUps makes accounts as package admin does, without the rules for names.
type signUps struct {
	users  store.Users
	closed error // why nobody may sign up
}

func (x *signUps) MaySignUp(_ context.Context, address string) error {
	if x.closed == nil && strings.HasSuffix(address, ".invalid") {
		return ErrDomain
	}
	return x.closed
}

func (x *signUps) Prepare(ctx context.Context, address string, n Newcomer) (store.User, error) {
	if err := x.MaySignUp(ctx, address); err != nil {
		return store.User{}, err
	}
	if len(n.Password) < 8 {
		return store.User{}, &Mistake{Field: "password", Problem: ui.PasswordTooShort}
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return store.User{
		ID: "user_new", FirstName: n.FirstName, PasswordDigest: "x", PrimaryEmailID: "idn_new", CreatedAt: now, UpdatedAt: now,
		Emails: []store.Email{{ID: "idn_new", Address: address, Verified: true, CreatedAt: now}},
	}, nil
}

func (x *signUps) SignUp(ctx context.Context, u store.User, proof store.EmailProof) error {
	u.Emails[0].Proof = proof
	if err := x.users.CreateUser(ctx, u); err != nil {
		return &Mistake{Problem: ui.AddressTaken}
	}
	return nil
}

// proofs are those of a server, whose mail is in s.sent after s.letters.
func (s *server) proofs(clock func() time.Time) *account.Proofs {
	ring, log := keyring.Generate(), slog.New(slog.DiscardHandler)
	s.outbox = mail.NewOutbox(mail.Deps{Letters: s.db, Sender: s.sent, Ring: ring, Host: "id.example.com", Now: clock, Log: log})
	return account.NewProofs(account.ProofDeps{
		Kept: s.db, Guard: account.NewGuard(account.New(s.db), s.db, ring, clock), Ring: ring, Outbox: s.outbox,
		Issuer: s.URL, Now: clock, Log: log,
	})
}

// withGrace adds a user with a proved address and one that is not.
func (s *server) withGrace(t *testing.T) {
	t.Helper()
	err := s.db.CreateUser(t.Context(), store.User{
		ID: "user_grace", Username: "grace", FirstName: "Grace", PrimaryEmailID: "idn_1", CreatedAt: s.now, UpdatedAt: s.now,
		Emails: []store.Email{
			{ID: "idn_1", Address: graceAddress, Verified: true, CreatedAt: s.now},
			{ID: "idn_2", Address: "hopper@example.com", CreatedAt: s.now},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// letters sends what waits and gives what was sent since the last time.
func (s *server) letters(t *testing.T) []mail.Message {
	t.Helper()
	if err := s.outbox.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := s.sent.mail
	s.sent.mail = nil
	return got
}

// letter is the only one that was sent.
func (s *server) letter(t *testing.T, to string) mail.Message {
	t.Helper()
	got := s.letters(t)
	if len(got) != 1 || got[0].To != to {
		t.Fatalf("%d letters were sent: %+v; want one to %s", len(got), got, to)
	}
	return got[0]
}

var (
	codeIn = regexp.MustCompile(`\b\d{6}\b`)
	linkIn = regexp.MustCompile(`http://[^/\s]+(/\S+)`)
)

// wrongCode is another one.
func wrongCode(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestSignInByCode(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	for _, identifier := range []string{graceAddress, " GRACE@Example.com", "grace"} {
		b := s.browser(t)
		sealed := b.begin()
		form := []string{"csrf", b.csrf("/sign-in"), "continue", sealed, "identifier", identifier}
		page := b.post("/sign-in", encode(form...))
		if page.StatusCode != http.StatusOK || !strings.Contains(page.body, `id="send-code"`) || !strings.Contains(page.body, "Engine c1") {
			t.Fatalf("%s: the page for the password: %d\n%s", identifier, page.StatusCode, page.body)
		}
		if page := b.post("/sign-in/send-code", encode(form...)); page.StatusCode != http.StatusOK || !strings.Contains(page.body, `id="code"`) {
			t.Fatalf("%s: the page for the code: %d\n%s", identifier, page.StatusCode, page.body)
		}
		code := codeIn.FindString(s.letter(t, graceAddress).Text)
		other := s.browser(t)
		got := other.post("/sign-in/code", encode("csrf", other.csrf("/sign-in"), "identifier", identifier, "code", code))
		if got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: the code in another browser: %d", identifier, got.StatusCode)
		}
		typed := code[:3] + " " + code[3:]
		answer := b.post("/sign-in/code", encode(append(form, "code", typed)...))
		b.want(answer, http.StatusSeeOther, "/oauth/authorize")
		if b.follow(answer); s.arrived == nil || s.arrived.SignedIn == "" {
			t.Errorf("%s: arrived with %+v", identifier, s.arrived)
		}
		got = b.post("/sign-in/code", encode(append(form, "code", code)...))
		if got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: the code once more: %d", identifier, got.StatusCode)
		}
		sessions, _, err := s.db.SessionsOf(t.Context(), "user_grace", s.now, 10, 0)
		if err != nil || len(sessions) == 0 || strings.Join(sessions[0].Methods, " ") != "otp" {
			t.Errorf("%s: sessions %+v, %v", identifier, sessions, err)
		}
		s.now = s.now.Add(time.Minute)
	}
}

func TestCodesBearFiveTries(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b := s.browser(t)
	form := []string{"csrf", b.csrf("/sign-in"), "identifier", graceAddress}
	b.post("/sign-in/send-code", encode(form...))
	code := codeIn.FindString(s.letter(t, graceAddress).Text)
	for range store.MaxTries {
		got := b.post("/sign-in/code", encode(append(form, "code", wrongCode(code))...))
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "This code is wrong") {
			t.Fatalf("a wrong code: %d\n%s", got.StatusCode, got.body)
		}
	}
	if got := b.post("/sign-in/code", encode(append(form, "code", code)...)); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the right code at the sixth try: %d", got.StatusCode)
	}
	if got := b.post("/sign-in/send-code", encode(form...)); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "30" {
		t.Errorf("another code at once: %d, Retry-After %s", got.StatusCode, got.Header.Get("Retry-After"))
	}
	s.now = s.now.Add(30 * time.Second)
	b.post("/sign-in/send-code", encode(form...))
	next := codeIn.FindString(s.letter(t, graceAddress).Text)
	b.want(b.post("/sign-in/code", encode(append(form, "code", next)...)), http.StatusSeeOther, "/")
}

func TestCodesLastTenMinutes(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b := s.browser(t)
	form := []string{"csrf", b.csrf("/sign-in"), "identifier", graceAddress}
	b.post("/sign-in/send-code", encode(form...))
	m := s.letter(t, graceAddress)
	s.now = s.now.Add(10 * time.Minute)
	if got := b.post("/sign-in/code", encode(append(form, "code", codeIn.FindString(m.Text))...)); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the code after ten minutes: %d", got.StatusCode)
	}
	b.wantCode(b.get(linkIn.FindStringSubmatch(m.Text)[1]), http.StatusGone, "invalid_ticket")
}

func TestSignInByLinkElsewhere(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b, other := s.browser(t), s.browser(t)
	b.post("/sign-in/send-code", encode("csrf", b.csrf("/sign-in"), "identifier", graceAddress))
	link := linkIn.FindStringSubmatch(s.letter(t, graceAddress).Text)[1]
	for range 2 { // a mail program looks ahead
		if page := other.get(link); page.StatusCode != http.StatusOK || !strings.Contains(page.body, "Grace") {
			t.Fatalf("the page of the link: %d\n%s", page.StatusCode, page.body)
		}
	}
	ticket := strings.TrimPrefix(link, "/sign-in/link?ticket=")
	token := other.csrf(link)
	other.wantCode(other.post("/sign-in/link", encode("csrf", "forged", "ticket", ticket)), http.StatusForbidden, "stale_form")
	other.want(other.post("/sign-in/link", encode("csrf", token, "ticket", ticket)), http.StatusSeeOther, "/")
	if home := other.get("/"); !strings.Contains(home.body, "Grace") {
		t.Errorf("nobody is signed in\n%s", home.body)
	}
	other.wantCode(other.post("/sign-in/link", encode("csrf", token, "ticket", ticket)), http.StatusGone, "invalid_ticket")
	for _, path := range []string{"/sign-up/link", "/reset-password/link", "/verify-address/link"} {
		b.wantCode(b.get(path+"?ticket="+ticket), http.StatusGone, "invalid_ticket")
	}
}

// SE08: who has an account shows in no answer.
func TestUnknownUsersGetTheSameAnswers(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	for _, tt := range []struct{ path, field, known, unknown string }{
		{"/sign-in", "identifier", "grace", "nobod"},
		{"/sign-in/send-code", "identifier", graceAddress, "nobod@example.com"},
		{"/sign-in/send-code", "identifier", "hopper@example.com", "nobody@example.com"}, // not proved
		{"/forgot-password", "identifier", "grace", "nobod"},
		{"/sign-up/send-code", "address", graceAddress, "nobod@example.com"},
	} {
		var answers []string
		for _, who := range []string{tt.known, tt.unknown} {
			b := s.browser(t)
			token := b.csrf("/sign-in")
			got := b.post(tt.path, encode("csrf", token, tt.field, who))
			text := strings.NewReplacer(who, "WHO").Replace(csrfField.ReplaceAllString(got.body, ""))
			for i := range store.MaxTries + 1 {
				again := b.post(map[string]string{"/sign-up/send-code": "/sign-up/join", "/forgot-password": "/reset-password"}[tt.path]+
					map[bool]string{true: "/sign-in/code"}[strings.HasPrefix(tt.path, "/sign-in")],
					encode("csrf", token, tt.field, who, "code", "000000", "password", "tidal lantern meadow"))
				text += http.StatusText(again.StatusCode) + strings.NewReplacer(who, "WHO").Replace(csrfField.ReplaceAllString(again.body, ""))
				if again.StatusCode != http.StatusUnprocessableEntity {
					t.Errorf("%s for %s, try %d: %d", tt.path, who, i, again.StatusCode)
				}
			}
			answers = append(answers, http.StatusText(got.StatusCode)+text)
		}
		if answers[0] != answers[1] {
			t.Errorf("%s tells %s from %s:\n%s\n\n%s", tt.path, tt.known, tt.unknown, answers[0], answers[1])
		}
		s.now = s.now.Add(time.Minute)
	}
}

func TestSignUp(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b := s.browser(t)
	sealed := b.begin()
	page := b.get("/sign-up?continue=" + sealed)
	if page.StatusCode != http.StatusOK || !strings.Contains(page.body, "Engine c1") {
		t.Fatalf("the page: %d\n%s", page.StatusCode, page.body)
	}
	form := []string{"csrf", b.csrf("/sign-up"), "continue", sealed, "address", "New@example.com"}
	if page := b.post("/sign-up/send-code", encode(form...)); page.StatusCode != http.StatusOK || !strings.Contains(page.body, `id="code"`) {
		t.Fatalf("the page for the code: %d\n%s", page.StatusCode, page.body)
	}
	code := codeIn.FindString(s.letter(t, "New@example.com").Text)
	wrong := b.post("/sign-up/join", encode(append(form, "code", wrongCode(code), "first_name", "Nell", "password", password)...))
	short := b.post("/sign-up/join", encode(append(form, "code", code, "first_name", "Nell", "password", "short")...))
	for name, got := range map[string]response{"a wrong code": wrong, "a short password": short} {
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, `id="problem"`) || !strings.Contains(got.body, `value="Nell"`) {
			t.Errorf("%s: %d\n%s", name, got.StatusCode, got.body)
		}
	}
	if _, err := s.db.UserByIdentifier(t.Context(), "new@example.com"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("there is an account before the address was proved: %v", err)
	}
	b.want(b.post("/sign-up/join", encode(append(form, "code", code, "first_name", "Nell", "password", password)...)), http.StatusSeeOther, "/oauth/authorize")
	u, err := s.db.UserByIdentifier(t.Context(), "new@example.com")
	if err != nil || u.FirstName != "Nell" || !u.Emails[0].Verified || u.Emails[0].Proof != store.ProvedByCode {
		t.Errorf("the user is %+v, %v", u, err)
	}
}

func TestSignUpWithAnAddressThatHasAnAccount(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b := s.browser(t)
	form := []string{"csrf", b.csrf("/sign-up"), "address", graceAddress}
	b.post("/sign-up/send-code", encode(form...))
	m := s.letter(t, graceAddress)
	if codeIn.MatchString(m.Text) || linkIn.FindStringSubmatch(m.Text)[1] != "/sign-in" || !strings.Contains(m.Subject, "already have an account") {
		t.Errorf("the letter: %+v", m)
	}
}

func TestSignUpByLink(t *testing.T) {
	s := newServer(t)
	b, other := s.browser(t), s.browser(t)
	b.post("/sign-up/send-code", encode("csrf", b.csrf("/sign-up"), "address", "new@example.com"))
	link := linkIn.FindStringSubmatch(s.letter(t, "new@example.com").Text)[1]
	form := encode("csrf", other.csrf(link), "ticket", strings.TrimPrefix(link, "/sign-up/link?ticket="), "address", "forged@example.com", "password", password)
	other.want(other.post("/sign-up/join", form), http.StatusSeeOther, "/")
	u, err := s.db.UserByIdentifier(t.Context(), "new@example.com")
	if err != nil || u.Emails[0].Proof != store.ProvedByLink {
		t.Errorf("the user is %+v, %v", u, err)
	}
	other.wantCode(other.post("/sign-up/join", form), http.StatusGone, "invalid_ticket")
}

func TestSignUpPolicy(t *testing.T) {
	s := newServer(t)
	b := s.browser(t)
	token := b.csrf("/sign-up")
	for address, want := range map[string]string{"not an address": "This is not an e-mail address.", "new@example.invalid": "cannot sign up here"} {
		got := b.post("/sign-up/send-code", encode("csrf", token, "address", address))
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d\n%s", address, got.StatusCode, got.body)
		}
	}
	if page := b.get("/sign-in"); !strings.Contains(page.body, `id="sign-up"`) {
		t.Error("signing up is not offered")
	}
	s.signUps.closed = ErrSignUpClosed
	b.wantCode(b.get("/sign-up"), http.StatusForbidden, "sign_up_closed")
	for _, path := range []string{"/sign-up/send-code", "/sign-up/join"} {
		b.wantCode(b.post(path, encode("csrf", token, "address", "new@example.com", "code", "000000", "password", password)), http.StatusForbidden, "sign_up_closed")
	}
	if page := b.get("/sign-in"); strings.Contains(page.body, `id="sign-up"`) {
		t.Error("signing up is offered")
	}
	if got := s.letters(t); len(got) > 0 {
		t.Errorf("mail was sent: %+v", got)
	}
}

func TestResetPassword(t *testing.T) {
	const fresh = "tidal lantern meadow"
	s := newServer(t)
	s.withGrace(t)
	elsewhere := s.browser(t)
	elsewhere.signIn("grace")
	b := s.browser(t)
	sealed := b.begin()
	form := []string{"csrf", b.csrf("/forgot-password"), "continue", sealed, "identifier", "grace"}
	b.post("/forgot-password", encode(form...))
	code := codeIn.FindString(s.letter(t, graceAddress).Text)
	for weak, want := range map[string]string{"short": "at least 8", "password1": "Many people use", "grace": "at least 8"} {
		got := b.post("/reset-password", encode(append(form, "code", code, "password", weak)...))
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, want) || !strings.Contains(got.body, `value="`+code+`"`) {
			t.Errorf("the password %s: %d\n%s", weak, got.StatusCode, got.body)
		}
	}
	b.want(b.post("/reset-password", encode(append(form, "code", code, "password", fresh)...)), http.StatusSeeOther, "/oauth/authorize")
	if home := elsewhere.get("/"); strings.Contains(home.body, "Grace") {
		t.Error("the other browser is still signed in")
	}
	if home := b.get("/"); !strings.Contains(home.body, "Grace") {
		t.Error("this browser is not signed in")
	}
	if m := s.letter(t, graceAddress); !strings.Contains(m.Subject, "password was changed") {
		t.Errorf("the letter: %+v", m)
	}
	u, err := account.New(s.db).Authenticate(t.Context(), "grace", fresh)
	if err != nil || !u.PasswordUpdatedAt.Equal(s.now) {
		t.Errorf("the new password: %v, changed at %v", err, u.PasswordUpdatedAt)
	}
}

func TestResetPasswordByLink(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b, other := s.browser(t), s.browser(t)
	b.post("/forgot-password", encode("csrf", b.csrf("/forgot-password"), "identifier", graceAddress))
	link := linkIn.FindStringSubmatch(s.letter(t, graceAddress).Text)[1]
	ticket := strings.TrimPrefix(link, "/reset-password/link?ticket=")
	token := other.csrf(link)
	got := other.post("/reset-password", encode("csrf", token, "ticket", ticket, "password", "short"))
	if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, ticket) {
		t.Errorf("a short password: %d\n%s", got.StatusCode, got.body)
	}
	form := encode("csrf", token, "ticket", ticket, "password", "tidal lantern meadow")
	other.want(other.post("/reset-password", form), http.StatusSeeOther, "/")
	other.wantCode(other.post("/reset-password", form), http.StatusGone, "invalid_ticket")
	other.wantCode(other.get(link), http.StatusGone, "invalid_ticket")
}

func TestNobodyGetsInWhoMayNot(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b := s.browser(t)
	token := b.csrf("/sign-in")
	form := []string{"csrf", token, "identifier", graceAddress}
	b.post("/sign-in/send-code", encode(form...))
	b.post("/forgot-password", encode(form...))
	var codes, links []string
	for _, m := range s.letters(t) {
		codes, links = append(codes, codeIn.FindString(m.Text)), append(links, linkIn.FindStringSubmatch(m.Text)[1])
	}
	if err := s.db.SetBanned(t.Context(), "user_grace", true, s.now); err != nil {
		t.Fatal(err)
	}
	for i := range codes {
		for path, fields := range map[string][]string{"/sign-in/code": form, "/reset-password": append(form[:4:4], "password", "tidal lantern meadow")} {
			if got := b.post(path, encode(append(fields[:len(fields):len(fields)], "code", codes[i])...)); got.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%s of a banned user: %d", path, got.StatusCode)
			}
		}
		b.wantCode(b.get(links[i]), http.StatusGone, "invalid_ticket")
	}
}

func TestVerifyAddress(t *testing.T) {
	const address = "hopper@example.com"
	s := newServer(t)
	s.withGrace(t)
	b := s.browser(t)
	b.want(b.get("/verify-address"), http.StatusSeeOther, "/sign-in")
	b.signIn("grace")
	token := b.csrf("/verify-address")
	if got := b.post("/verify-address", encode("csrf", token, "identifier", "ada@example.com")); got.StatusCode != http.StatusOK || len(s.letters(t)) > 0 {
		t.Errorf("somebody else's address: %d", got.StatusCode)
	}
	b.wantCode(b.post("/verify-address", encode("csrf", "forged", "identifier", address)), http.StatusForbidden, "stale_form")
	b.post("/verify-address", encode("csrf", token, "identifier", address))
	code := codeIn.FindString(s.letter(t, address).Text)
	form := []string{"csrf", token, "identifier", address, "code"}
	if got := b.post("/verify-address/code", encode(append(form, wrongCode(code))...)); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d", got.StatusCode)
	}
	b.want(b.post("/verify-address/code", encode(append(form, code)...)), http.StatusSeeOther, "/verify-address")
	u, err := s.db.UserByID(t.Context(), "user_grace")
	if err != nil || !u.Emails[1].Verified || u.Emails[1].Proof != store.ProvedByCode || u.Emails[0].Proof != store.ProvedByOperator {
		t.Errorf("the addresses are %+v, %v", u.Emails, err)
	}
	if page := b.get("/verify-address"); !strings.Contains(page.body, `id="verified"`) {
		t.Errorf("the page afterwards\n%s", page.body)
	}
}

func TestVerifyAddressByLink(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b, other := s.browser(t), s.browser(t)
	b.signIn("grace")
	b.post("/verify-address", encode("csrf", b.csrf("/verify-address"), "identifier", "hopper@example.com"))
	link := linkIn.FindStringSubmatch(s.letter(t, "hopper@example.com").Text)[1]
	form := encode("csrf", other.csrf(link), "ticket", strings.TrimPrefix(link, "/verify-address/link?ticket="))
	other.want(other.post("/verify-address/link", form), http.StatusSeeOther, "/")
	other.wantCode(other.post("/verify-address/link", form), http.StatusGone, "invalid_ticket")
	u, err := s.db.UserByID(t.Context(), "user_grace")
	if err != nil || u.Emails[1].Proof != store.ProvedByLink {
		t.Errorf("the addresses are %+v, %v", u.Emails, err)
	}
	if home := other.get("/"); strings.Contains(home.body, "Grace") {
		t.Error("proving an address has signed somebody in")
	}
}

func TestFormsLeadBackToWhereTheyBegan(t *testing.T) {
	b := newServer(t).browser(t)
	for path, want := range map[string]string{
		"/sign-in/send-code": "/sign-in", "/sign-in/code": "/sign-in", "/sign-up/send-code": "/sign-up",
		"/sign-up/join": "/sign-up", "/reset-password": "/forgot-password", "/verify-address/code": "/verify-address",
	} {
		b.want(b.get(path), http.StatusSeeOther, want)
	}
}

// Nobody has passwords hashed who may not answer any more (SE10).
func TestWhoHasGuessedTooMuchIsNotServed(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	b := s.browser(t)
	token := b.csrf("/sign-in")
	for range 300 {
		if got := b.post("/sign-in/code", encode("csrf", token, "identifier", graceAddress, "code", "000000")); got.StatusCode != http.StatusUnprocessableEntity {
			t.Fatalf("a guess: %d", got.StatusCode)
		}
	}
	for path, form := range map[string]string{
		"/sign-in/code":   encode("csrf", token, "identifier", graceAddress, "code", "000000"),
		"/reset-password": encode("csrf", token, "identifier", graceAddress, "code", "000000", "password", "tidal lantern meadow"),
		"/sign-up/join":   encode("csrf", token, "address", "new@example.com", "code", "000000", "password", "tidal lantern meadow"),
	} {
		got := b.post(path, form)
		if got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "600" || !strings.Contains(got.body, "in 10 minutes") {
			t.Errorf("%s: %d, Retry-After %s\n%s", path, got.StatusCode, got.Header.Get("Retry-After"), got.body)
		}
	}
}

func TestLettersArePaced(t *testing.T) {
	s := newServer(t)
	s.withGrace(t)
	for i := range 20 { // a day, however many browsers ask
		b := s.browser(t)
		got := b.post("/sign-in/send-code", encode("csrf", b.csrf("/sign-in"), "identifier", []string{graceAddress, strings.ToUpper(graceAddress)}[i%2]))
		if got.StatusCode != http.StatusOK {
			t.Fatalf("letter %d: %d\n%s", i, got.StatusCode, got.body)
		}
		if i == 15 {
			s.now = s.now.Add(10 * time.Minute) // so that only what there is for the address is used up
		}
	}
	if got := len(s.letters(t)); got != 4 { // the others are too old to be sent
		t.Errorf("%d letters were sent, want 4", got)
	}
	b := s.browser(t)
	got := b.post("/forgot-password", encode("csrf", b.csrf("/sign-in"), "identifier", graceAddress))
	if got.StatusCode != http.StatusTooManyRequests || len(s.letters(t)) > 0 {
		t.Errorf("one letter too many: %d", got.StatusCode)
	}
}
