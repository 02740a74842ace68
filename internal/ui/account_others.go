package ui

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

// Sessions are where the user is signed in.
type Sessions struct {
	Shell
	Told
	List []SessionLine
}

// A SessionLine is one browser.
type SessionLine struct {
	ID              string
	Browser, System string // as they call themselves; "" if it cannot be told
	SignedInAt      time.Time
	This            bool
}

// Others reports whether there is another one than this.
func (p Sessions) Others() bool { return len(p.List) > 1 }

// Render writes the page.
func (p Sessions) Render(w io.Writer, v View) error {
	return wide(w, v, "account_sessions", p.Shell, p)
}

// Connections are the applications that may use the account.
type Connections struct {
	Shell
	Told
	List []ConnectionLine
}

// A ConnectionLine is one application.
type ConnectionLine struct {
	ID, Name string
	Logo     string // path, or ""
	Scopes   oauth.Scopes
	Custom   map[string]string // descriptions of custom scopes
	Since    time.Time
	LastUsed time.Time // to the day
}

// Permissions are the scopes in plain words.
func (c ConnectionLine) Permissions() []Permission { return permissions(c.Scopes, c.Custom) }

// Render writes the page.
func (p Connections) Render(w io.Writer, v View) error {
	return wide(w, v, "account_applications", p.Shell, p)
}

// A Question is one that is asked before something that cannot be undone.
type Question string

// The questions.
const (
	AskDisconnect   Question = "disconnect"
	AskFactorOff    Question = "second_factor_off"
	AskNewCodes     Question = "backup_codes"
	AskDelete       Question = "delete"
	AskPasskeyAway  Question = "passkey"
	AskSignOutOther Question = "sessions"
	AskIdentityAway Question = "identity"
)

// Questions lists them.
func Questions() []Question {
	return []Question{AskDisconnect, AskFactorOff, AskNewCodes, AskDelete, AskPasskeyAway, AskSignOutOther, AskIdentityAway}
}

// Title is the key of the message that asks.
func (q Question) Title() string { return "ask." + string(q) + ".title" }

// Text is the key of the message that says what follows.
func (q Question) Text() string { return "ask." + string(q) + ".text" }

// Do is the key of the message on the button.
func (q Question) Do() string { return "ask." + string(q) + ".do" }

// Ask asks before something that cannot be undone.
type Ask struct {
	Shell
	Question Question
	About    string // the name of what it is about, or ""
	Action   string // path that does it
	Back     string // path that does not
}

// Render writes the page.
func (p Ask) Render(w io.Writer, v View) error { return wide(w, v, "account_ask", p.Shell, p) }

// AccountDataPage lets the user take the data along, and delete the account.
type AccountDataPage struct {
	Shell
	Told
	MayDelete bool
}

// Render writes the page.
func (p AccountDataPage) Render(w io.Writer, v View) error {
	return wide(w, v, "account_data", p.Shell, p)
}

// day shows a day, the same in every language.
func day(t time.Time) template.HTML { return stamp(t, "2006-01-02") }

// moment shows a day and a time.
func moment(t time.Time) template.HTML { return stamp(t, momentLayout) }

const momentLayout = "2006-01-02 15:04 UTC"

// instant writes what moment shows as plain text.
func instant(t time.Time) string { return t.UTC().Format(momentLayout) }

func stamp(t time.Time, layout string) template.HTML {
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time dir="ltr" datetime="%s">%s</time>`, t.Format(time.RFC3339), t.Format(layout)))
}

// spaced sets a secret that is typed in groups of four.
func spaced(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
