package mail_test

import (
	"context"
	"errors"
	"log/slog"
	stdmail "net/mail"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/mail/mailtest"
	"github.com/signet-auth/signet/internal/sqlstore"
)

// world is an outbox over a database, with a clock that stands still.
type world struct {
	*mail.Outbox
	db   *sqlstore.DB
	ring *keyring.Ring
	log  *strings.Builder

	mu  sync.Mutex
	now time.Time
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t *testing.T, sender mail.Sender) *world {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{URL: filepath.Join(t.TempDir(), "signet.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{db: db, ring: keyring.Generate(), log: &strings.Builder{}, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	w.Outbox = w.node(sender)
	return w
}

// node is another node's outbox over the same database.
func (w *world) node(sender mail.Sender) *mail.Outbox {
	return mail.NewOutbox(mail.Deps{
		Letters: w.db, Sender: sender, Ring: w.ring, Host: "id.example.com", Now: w.time,
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
}

func (w *world) deliver(t *testing.T) {
	t.Helper()
	if err := w.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) post(t *testing.T, to string) {
	t.Helper()
	l := mail.Letter{Kind: mail.SignIn, To: to, Code: "493027", Link: "https://id.example.com/x"}
	if err := w.Post(t.Context(), l, time.Hour); err != nil {
		t.Fatal(err)
	}
}

func server(t *testing.T, s *mailtest.Server, change func(*mail.SMTP)) *mail.Post {
	t.Helper()
	settings := mail.SMTP{
		Host: s.Host, Port: s.Port, Security: mail.NoTLS, Now: time.Now,
		From: stdmail.Address{Name: "Sïgnet", Address: "no-reply@id.example.com"},
	}
	change(&settings)
	p, err := mail.NewPost(settings)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func plain(*mail.SMTP) {}

func TestALetterArrives(t *testing.T) {
	box := mailtest.Serve(t)
	w := newWorld(t, server(t, box, func(s *mail.SMTP) {
		s.Security, s.Roots, s.User, s.Password = mail.StartTLS, box.Roots, "signet", mailtest.Password
	}))
	w.post(t, "ada@example.com")
	w.deliver(t)
	w.pass(time.Hour)
	w.deliver(t)
	if n := len(box.Mails()); n != 1 {
		t.Fatalf("%d mails came, want 1; log:\n%s", n, w.log)
	}
	m := box.Take(t, "ada@example.com")
	if m.Code() != "493027" || m.Link() != "https://id.example.com/x" || !strings.Contains(m.HTML, "493027") || m.Subject != "493027 is your code to sign in" {
		t.Errorf("what came: %+v", m)
	}
	if m.User != "signet" || m.From != "no-reply@id.example.com" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("sent by %q as %q with %v", m.User, m.From, m.Header)
	}
	if id := m.Header.Get("Message-Id"); !strings.HasPrefix(id, "<ltr_") || !strings.HasSuffix(id, "@id.example.com>") {
		t.Errorf("Message-ID %s", id)
	}
}

// Credentials and letters stay here rather than cross the network in the clear, or
// go to whoever pretends to be the server.
func TestNothingIsSentInsecurely(t *testing.T) {
	box := mailtest.Serve(t)
	for name, change := range map[string]func(*mail.SMTP){
		"credentials in the clear": func(s *mail.SMTP) { s.User, s.Password = "signet", mailtest.Password },
		"an unknown certificate":   func(s *mail.SMTP) { s.Security = mail.StartTLS },
		"the wrong password":       func(s *mail.SMTP) { s.Security, s.Roots, s.User, s.Password = mail.StartTLS, box.Roots, "signet", "x" },
	} {
		w := newWorld(t, server(t, box, change))
		w.post(t, "ada@example.com")
		w.deliver(t)
		if n := len(box.Mails()); n != 0 || !strings.Contains(w.log.String(), "waits") {
			t.Errorf("%s: %d mails came; log:\n%s", name, n, w.log)
		}
	}
}

func TestAnAddressBeyondASCII(t *testing.T) {
	box := mailtest.Serve(t)
	w := newWorld(t, server(t, box, plain))
	w.post(t, "jürgen@bücher.example")
	w.deliver(t)
	if m := box.Take(t, "jürgen@bücher.example"); m.Code() != "493027" {
		t.Errorf("what came: %+v", m)
	}
}

func TestALetterWaitsForItsServer(t *testing.T) {
	box := mailtest.Serve(t)
	w := newWorld(t, server(t, box, plain))
	w.post(t, "ada@example.com")
	box.Refuse(451)
	w.deliver(t)
	w.pass(4 * time.Second)
	w.deliver(t) // not yet
	w.pass(time.Second)
	w.deliver(t) // refused once more: ten seconds
	box.Refuse(0)
	w.pass(9 * time.Second)
	w.deliver(t)
	if n := len(box.Mails()); n != 0 {
		t.Fatalf("%d mails came before their time", n)
	}
	w.pass(time.Second)
	w.deliver(t)
	if n := len(box.Mails()); n != 1 {
		t.Errorf("%d mails came, want 1; log:\n%s", n, w.log)
	}
	if strings.Contains(w.log.String(), "ada@") || strings.Contains(w.log.String(), "493027") {
		t.Errorf("the log tells too much:\n%s", w.log)
	}
}

func TestWhatIsRefusedForGoodIsGivenUp(t *testing.T) {
	box := mailtest.Serve(t)
	w := newWorld(t, server(t, box, plain))
	box.Refuse(550)
	w.post(t, "nobody@example.com")
	w.deliver(t)
	box.Refuse(0)
	w.pass(30 * time.Minute)
	w.deliver(t)
	if n := len(box.Mails()); n != 0 || !strings.Contains(w.log.String(), "cannot be sent") {
		t.Errorf("%d mails came; log:\n%s", n, w.log)
	}
}

// The text of a server that refuses a recipient names whom.
func TestTheLogNamesNobody(t *testing.T) {
	for code, want := range map[int]string{450: "waits", 550: "cannot be sent"} {
		box := mailtest.Serve(t)
		w := newWorld(t, server(t, box, plain))
		box.RefuseRecipients(code)
		w.post(t, "ada@example.com")
		w.deliver(t)
		if log := w.log.String(); strings.Contains(log, "ada@") || !strings.Contains(log, want) || !strings.Contains(log, strconv.Itoa(code)) {
			t.Errorf("%d is logged as:\n%s", code, log)
		}
	}
}

func TestNoServerIsNoLoss(t *testing.T) {
	box := mailtest.Serve(t)
	w := newWorld(t, server(t, box, func(s *mail.SMTP) { s.Port = 1 }))
	w.post(t, "ada@example.com")
	w.deliver(t)
	w.pass(time.Minute)
	if err := w.node(server(t, box, plain)).Deliver(t.Context()); err != nil { // another node reaches it
		t.Fatal(err)
	}
	if n := len(box.Mails()); n != 1 {
		t.Errorf("%d mails came, want 1", n)
	}
}

// sender is one that does what a test wants.
type sender func(context.Context, mail.Message) error

func (f sender) Send(ctx context.Context, m mail.Message) error { return f(ctx, m) }

func TestANodeThatDiesLeavesItsLetters(t *testing.T) {
	dead := sender(func(context.Context, mail.Message) error { return errors.New("unplugged") })
	w := newWorld(t, dead)
	w.post(t, "ada@example.com")
	if _, err := w.db.ClaimLetters(t.Context(), w.time(), w.time().Add(time.Minute), 1); err != nil { // and is never heard of again
		t.Fatal(err)
	}
	var sent []string
	other := w.node(sender(func(_ context.Context, m mail.Message) error {
		sent = append(sent, m.To)
		return nil
	}))
	for range 2 {
		if err := other.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
	}
	if err := other.Deliver(t.Context()); err != nil || !slices.Equal(sent, []string{"ada@example.com"}) {
		t.Errorf("sent to %v, %v", sent, err)
	}
}

func TestRunSendsAtOnceAndAtTheEnd(t *testing.T) {
	arrived := make(chan string, 10)
	w := newWorld(t, sender(func(_ context.Context, m mail.Message) error {
		arrived <- m.To
		return nil
	}))
	ctx, stop := context.WithCancel(t.Context())
	var ran sync.WaitGroup
	ran.Go(func() { w.Run(ctx) })
	w.post(t, "first@example.com")
	if got := <-arrived; got != "first@example.com" {
		t.Errorf("sent to %s", got)
	}
	stop()
	ran.Wait()
	w.post(t, "second@example.com")
	w.Run(ctx) // ended before it began: what is due goes all the same
	if got := <-arrived; got != "second@example.com" {
		t.Errorf("sent to %s", got)
	}
}

func TestLettersAreSealed(t *testing.T) {
	w := newWorld(t, sender(func(context.Context, mail.Message) error { return nil }))
	l, err := w.Prepare(mail.Letter{Kind: mail.SignIn, To: "ada@example.com", Code: "493027"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(l.Sealed), "493027") || strings.Contains(string(l.Sealed), "ada@") {
		t.Error("what is kept can be read")
	}
	l.Sealed[20] ^= 1
	if err := w.db.PutLetter(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	w.deliver(t)
	if !strings.Contains(w.log.String(), "cannot be sent") {
		t.Errorf("a forged letter was sent; log:\n%s", w.log)
	}
}

func TestConsole(t *testing.T) {
	var b strings.Builder
	m, err := mail.Compose(mail.Letter{Kind: mail.SignIn, To: "ada@example.com", Code: "493027", Link: "http://127.0.0.1:8080/x"}, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := mail.NewConsole(&b).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ada@example.com", "493027", "http://127.0.0.1:8080/x"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the console lacks %s:\n%s", want, b.String())
		}
	}
}

func TestASetupThatCannotWork(t *testing.T) {
	for name, s := range map[string]mail.SMTP{
		"no host":     {Port: 25, Security: mail.NoTLS},
		"no port":     {Host: "mail.example.com", Security: mail.StartTLS},
		"no security": {Host: "mail.example.com", Port: 25},
	} {
		if _, err := mail.NewPost(s); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}
