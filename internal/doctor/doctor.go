// Package doctor remembers the protocol requests that were refused, so that whoever
// runs Signet can see what was received beside what is registered, which rule
// refused it and how to mend it. It keeps the last of them in memory, on the node
// that refused, and no secret in the clear.
package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/oauth"
)

// Bounds of what is remembered: some megabytes at the very most.
const (
	maxCases  = 1000
	maxFields = 24
	maxValue  = 256 // bytes
)

// A Case is one refused request.
type Case struct {
	ID          string    `json:"id"` // the request's id, as the error page, error_uri and log show it
	At          time.Time `json:"at"`
	Request     string    `json:"request"` // method and path
	Code        string    `json:"code"`
	Rule        string    `json:"rule"` // such as "RFC 7636 §4.6"
	Description string    `json:"description"`
	ClientID    string    `json:"client_id"`
	Received    []Field   `json:"received"`
	Registered  []Field   `json:"registered"`
	Mend        []string  `json:"mend"`
}

// A Field is one thing that was received or is registered.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Book holds the last cases. It is safe for concurrent use.
type Book struct {
	mu    sync.Mutex
	cases []Case // a ring
	next  int
	each  []func(Case)
}

// NewBook makes an empty one.
func NewBook() *Book { return &Book{} }

// Each lets f know of every case that is added. It is called before the book is in
// use.
func (b *Book) Each(f func(Case)) { b.each = append(b.each, f) }

// Add remembers a case and forgets the oldest if there are too many.
func (b *Book) Add(c Case) {
	for _, f := range b.each {
		f(c)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.cases) < maxCases {
		b.cases = append(b.cases, c)
		return
	}
	b.cases[b.next] = c
	b.next = (b.next + 1) % maxCases
}

// Find gives the case with the id; ok is false if there is none or it was
// forgotten.
func (b *Book) Find(id string) (Case, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.cases {
		if c.ID == id {
			return c, true
		}
	}
	return Case{}, false
}

// Recent gives the last n cases, the newest first.
func (b *Book) Recent(n int) []Case {
	b.mu.Lock()
	defer b.mu.Unlock()
	recent := []Case{}
	for i := len(b.cases) - 1; i >= 0 && len(recent) < n; i-- {
		recent = append(recent, b.cases[(b.next+i)%len(b.cases)])
	}
	return recent
}

// A Note collects what is learned about a request while it is served, in case it
// is refused. A nil Note takes everything and keeps nothing.
type Note struct {
	form        oauth.Form
	credentials oauth.Credentials
	client      *oauth.Client
	unknown     bool // there is no such client
	code        *oauth.Code
	grant       *oauth.Grant
}

type noteKey struct{}

// With gives a context in which From finds a new note.
func With(ctx context.Context) (context.Context, *Note) {
	n := &Note{}
	return context.WithValue(ctx, noteKey{}, n), n
}

// From gives the note of a request, or nil.
func From(ctx context.Context) *Note {
	n, _ := ctx.Value(noteKey{}).(*Note)
	return n
}

// Form notes the parameters.
func (n *Note) Form(f oauth.Form) {
	if n != nil {
		n.form = f
	}
}

// Credentials notes how the client said who it is.
func (n *Note) Credentials(c oauth.Credentials) {
	if n != nil {
		n.credentials = c
	}
}

// Client notes what is registered of the client, or that there is none.
func (n *Note) Client(c oauth.Client, found bool) {
	if n != nil {
		n.client, n.unknown = &c, !found
	}
}

// Code notes what an authorization code says.
func (n *Note) Code(c oauth.Code) {
	if n != nil {
		n.code = &c
	}
}

// Grant notes the grant that a code or token stands on.
func (n *Note) Grant(g oauth.Grant) {
	if n != nil {
		n.grant = &g
	}
}

// secrets are the parameters that nobody may read. Of each a hash is shown, by
// which two can be told apart.
var secrets = map[string]bool{
	"code": true, "code_verifier": true, "client_secret": true, "refresh_token": true, "access_token": true, "token": true,
	"device_code": true, "id_token_hint": true, "password": true, "user_code": true, "client_assertion": true, "assertion": true,
}

// shown makes a value fit to be kept.
func shown(name, value string) string {
	switch {
	case secrets[name]:
		sum := sha256.Sum256([]byte(value))
		return fmt.Sprintf("[secret of %d characters, SHA-256 %s...]", utf8.RuneCountInString(value), hex.EncodeToString(sum[:4]))
	case len(value) > maxValue:
		return fmt.Sprintf("%s... (%d bytes)", value[:maxValue], len(value))
	}
	return value
}

// Case makes the case of a refusal.
func (n *Note) Case(id, request string, refused *oauth.Error, now time.Time) Case {
	c := Case{
		ID: id, At: now.UTC(), Request: request, Code: string(refused.Code), Rule: refused.Spec, Description: refused.Description,
		Received: []Field{}, Registered: []Field{}, Mend: []string{},
	}
	if n == nil {
		return c
	}
	n.form.Each(func(name, value string) {
		if len(c.Received) < maxFields {
			c.Received = append(c.Received, Field{shown("", name), shown(name, value)})
		}
	})
	c.ClientID = n.form.Get("client_id")
	if n.credentials.ClientID != "" {
		c.ClientID = n.credentials.ClientID
		c.Received = append(c.Received, Field{"(authentication)", n.credentials.Method()})
	}
	c.ClientID = shown("", c.ClientID)
	if n.client != nil && !n.unknown {
		c.Registered = registered(*n.client)
	}
	c.Mend = n.mend(refused, now)
	return c
}

// registered is what the client is known to be.
func registered(c oauth.Client) []Field {
	fields := []Field{}
	for _, uri := range c.RedirectURIs {
		fields = append(fields, Field{"redirect_uri", uri})
	}
	kind := "confidential"
	if c.Public {
		kind = "public"
	}
	return append(fields,
		Field{"kind", kind},
		Field{"scope", c.Scopes.String()},
		Field{"PKCE required", fmt.Sprint(c.Public || c.RequirePKCE)})
}
