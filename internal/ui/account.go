package ui

import (
	"io"
	"time"
)

// The sections of the pages on which users see to their account.
const (
	AccountOverview     = "/account"
	AccountProfile      = "/account/profile"
	AccountSecurity     = "/account/security"
	AccountSessions     = "/account/sessions"
	AccountApplications = "/account/applications"
	AccountData         = "/account/data"
)

// AccountShell is the frame of a page in one of the sections.
func AccountShell(user Person, csrf, section string) Shell {
	s := Shell{User: user, CSRF: csrf, Sections: []Section{
		{Label: "section.overview", Href: AccountOverview, Icon: "person"},
		{Label: "section.profile", Href: AccountProfile, Icon: "settings"},
		{Label: "section.security", Href: AccountSecurity, Icon: "key"},
		{Label: "section.sessions", Href: AccountSessions, Icon: "device"},
		{Label: "section.applications", Href: AccountApplications, Icon: "apps"},
		{Label: "section.data", Href: AccountData, Icon: "info"},
	}}
	for i := range s.Sections {
		s.Sections[i].Current = s.Sections[i].Href == section
	}
	return s
}

// A Notice says what has just been done.
type Notice string

// The notices.
const (
	NoNotice             Notice = ""
	NoticeSaved          Notice = "saved"
	NoticePassword       Notice = "password_changed"
	NoticePasskeyAdded   Notice = "passkey_added"
	NoticePasskeyRemoved Notice = "passkey_removed"
	NoticeFactorOff      Notice = "second_factor_off"
	NoticeSessionEnded   Notice = "session_ended"
	NoticeSessionsEnded  Notice = "sessions_ended"
	NoticeDisconnected   Notice = "disconnected"

	NoticeIdentityAdded   Notice = "identity_added"
	NoticeIdentityRemoved Notice = "identity_removed"
)

// Notices lists them.
func Notices() []Notice {
	return []Notice{
		NoticeSaved, NoticePassword, NoticePasskeyAdded, NoticePasskeyRemoved, NoticeFactorOff,
		NoticeSessionEnded, NoticeSessionsEnded, NoticeDisconnected,
		NoticeIdentityAdded, NoticeIdentityRemoved,
	}
}

// A Told is what a page says about what was done or why it was not.
type Told struct {
	Notice  Notice
	Problem Problem
	Field   string // the field that the problem is about, or ""
	Busy    bool   // it was not looked at
}

// Wrong reports whether the problem is about this field.
func (x Told) Wrong(field string) bool { return x.Problem != NoProblem && x.Field == field }

// Account is the overview.
type Account struct {
	Shell
	Told
	Picture      string // path, or ""
	Passwords    bool   // the user has a password
	Passkeys     int
	SecondFactor bool
	Sessions     int
	Applications int
}

// Render writes the page.
func (p Account) Render(w io.Writer, v View) error { return wide(w, v, "account", p.Shell, p) }

// AccountDetails are names, picture and addresses.
type AccountDetails struct {
	Shell
	Told
	Picture             string
	FirstName, LastName string
	Username            string
	Addresses           []Address
	Mail                bool // there is mail, so that addresses can be proved
}

// An Address is an e-mail address of the user.
type Address struct {
	ID, Address       string
	Primary, Verified bool
}

// Render writes the page.
func (p AccountDetails) Render(w io.Writer, v View) error {
	return wide(w, v, "account_profile", p.Shell, p)
}

// Security is how the user proves who they are.
type Security struct {
	Shell
	Told
	Password          bool // there is one to be asked for
	PasswordChangedAt time.Time
	Passkeys          []Passkey
	PasskeysOffered   bool
	SecondFactor      bool
	SecondFactorSince time.Time
	BackupCodes       int
	Identities        []Identity
	Connectable       []Upstream // that the user has no identity of
}

// LeastPassword is how long a password has to be.
func (p Security) LeastPassword() int { return LeastPassword }

// A Passkey is one of the user's.
type Passkey struct {
	ID, Name  string
	Synced    bool // it may be on several devices
	CreatedAt time.Time
	LastUsed  time.Time // zero for never
}

// Render writes the page.
func (p Security) Render(w io.Writer, v View) error {
	return wide(w, v, "account_security", p.Shell, p)
}

// NewPasskey lets the browser make one.
type NewPasskey struct {
	Shell
	Told
	Form PasskeyForm
	Name string
}

// Render writes the page.
func (p NewPasskey) Render(w io.Writer, v View) error {
	return wide(w, v, "account_passkey", p.Shell, p)
}

// NewSecondFactor shows a secret and asks for a first code.
type NewSecondFactor struct {
	Shell
	Told
	Size   int    // of the QR code, in modules
	Path   string // its SVG path data
	Secret string // to be typed instead
	Sealed string
}

// Outer is the size with the quiet zone around it.
func (p NewSecondFactor) Outer() int { return p.Size + 8 }

// Render writes the page.
func (p NewSecondFactor) Render(w io.Writer, v View) error {
	return wide(w, v, "account_second_factor", p.Shell, p)
}

// BackupCodes shows codes for the only time.
type BackupCodes struct {
	Shell
	Codes []string
}

// Render writes the page.
func (p BackupCodes) Render(w io.Writer, v View) error {
	return wide(w, v, "account_backup_codes", p.Shell, p)
}
