package ui

import (
	"html/template"
	"io"

	"github.com/signet-auth/signet/internal/oauth"
)

// A Person is the user who is signed in. Either may be empty, not both.
type Person struct {
	Name       string
	Identifier string // what the user signs in with
}

// Label is what the person is called first.
func (p Person) Label() string {
	if plain(p.Name) == "" {
		return p.Identifier
	}
	return p.Name
}

// SignInToken asks before a link signs somebody in.
type SignInToken struct {
	User   Person
	Ticket string
	CSRF   string
}

// Render writes the page.
func (p SignInToken) Render(w io.Writer, v View) error { return render(w, v, "sign_in_token", p) }

// SignUp asks somebody who was invited for what is missing.
type SignUp struct {
	Address             string // that the invitation was sent to
	FirstName, LastName string // as entered before
	Problem             Problem
	Field               string // the field that the problem is about, or ""
	Busy                bool   // it was not looked at
	Ticket              string
	CSRF                string
}

// Wrong reports whether the problem is about this field.
func (p SignUp) Wrong(field string) bool { return p.Problem != NoProblem && p.Field == field }

// LeastPassword is how long a password has to be.
func (p SignUp) LeastPassword() int { return LeastPassword }

// Render writes the page.
func (p SignUp) Render(w io.Writer, v View) error { return render(w, v, "sign_up", p) }

// SelectAccount asks which account to go on with.
type SelectAccount struct {
	Application string
	User        Person
	Continue    string
	CSRF        string
}

// Render writes the page.
func (p SelectAccount) Render(w io.Writer, v View) error { return render(w, v, "select_account", p) }

// FormPost sends the browser to a client with a form instead of a redirect
// (OAuth 2.0 Form Post Response Mode §2).
type FormPost struct {
	Action string // the redirect URI
	Fields []Field
}

// A Field is one parameter of the answer.
type Field struct{ Name, Value string }

// Destination is where the form leads.
func (p FormPost) Destination() Destination { return destination(p.Action) }

// Script submits the form where scripts run; elsewhere there is a button.
func (p FormPost) Script() template.JS { return submitScript }

// Target is Action, which is known to be the client's: a custom scheme too.
func (p FormPost) Target() template.URL { return template.URL(p.Action) }

// Render writes the page.
func (p FormPost) Render(w io.Writer, v View) error { return render(w, v, "form_post", p) }

// Consent asks the user to agree to what an application wants.
type Consent struct {
	Application string
	Logo        string // the path of a picture on this server, or ""
	User        Person
	Unverified  bool   // it has registered itself, so nobody here knows who it is
	At          string // the host that vouches for it by a document, or ""
	Scopes      oauth.Scopes
	Custom      map[string]string // descriptions of custom scopes
	RedirectURI string
	Continue    string
	CSRF        string

	// Organizations are what the user chooses among for the application to act
	// for; none if it does not ask.
	Organizations []Organization
	Organization  string // the id of the one that is marked
}

// An Organization is one that the user belongs to.
type Organization struct{ ID, Name string }

// Offline reports whether the application keeps its access for good.
func (p Consent) Offline() bool { return p.Scopes.Has(oauth.ScopeOfflineAccess) }

// Permissions are the scopes in plain words.
func (p Consent) Permissions() []Permission { return permissions(p.Scopes, p.Custom) }

// Destination is where the browser goes when the user has decided.
func (p Consent) Destination() Destination { return destination(p.RedirectURI) }

// Render writes the page.
func (p Consent) Render(w io.Writer, v View) error { return render(w, v, "consent", p) }

// SignOut asks whether to sign out.
type SignOut struct {
	User Person
	CSRF string
}

// Render writes the page.
func (p SignOut) Render(w io.Writer, v View) error { return render(w, v, "sign_out", p) }

// SignedOut says that nobody is signed in any more.
type SignedOut struct{}

// Render writes the page.
func (p SignedOut) Render(w io.Writer, v View) error { return render(w, v, "signed_out", p) }

// A DeviceFailure says why a user code did not lead on.
type DeviceFailure int

// The failures.
const (
	NoDeviceFailure DeviceFailure = iota
	DeviceUnknown
	DeviceDecided
	DeviceTooMany
)

// Device asks for the code that a device shows.
type Device struct {
	User     Person
	UserCode string // as typed before
	Failure  DeviceFailure
}

// Unknown reports whether no device shows the code.
func (p Device) Unknown() bool { return p.Failure == DeviceUnknown }

// Decided reports whether the device was decided about before.
func (p Device) Decided() bool { return p.Failure == DeviceDecided }

// TooMany reports whether the user has tried too many codes.
func (p Device) TooMany() bool { return p.Failure == DeviceTooMany }

// Render writes the page.
func (p Device) Render(w io.Writer, v View) error { return render(w, v, "device", p) }

// DeviceConsent asks whether a device may use the account.
type DeviceConsent struct {
	Application string
	User        Person
	UserCode    string // as the device shows it
	Scopes      oauth.Scopes
	Custom      map[string]string // descriptions of custom scopes
	CSRF        string

	Organizations []Organization // see Consent
	Organization  string
}

// Permissions are the scopes in plain words.
func (p DeviceConsent) Permissions() []Permission { return permissions(p.Scopes, p.Custom) }

// Offline reports whether the application keeps its access for good.
func (p DeviceConsent) Offline() bool { return p.Scopes.Has(oauth.ScopeOfflineAccess) }

// Render writes the page.
func (p DeviceConsent) Render(w io.Writer, v View) error { return render(w, v, "device_consent", p) }

// DeviceDone sends the user back to the device.
type DeviceDone struct {
	Application string
	Allowed     bool
}

// Render writes the page.
func (p DeviceDone) Render(w io.Writer, v View) error { return render(w, v, "device_done", p) }

// Error tells what went wrong and what to do about it.
type Error struct {
	Trouble   Trouble
	Detail    string // for developers, in English; or ""
	Code      string
	RequestID string
	Back      string // the address of the application that asked, for the user to decide about; or ""
	BackTo    string // its redirect URI, which says where that is
}

// Destination is where Back leads.
func (p Error) Destination() Destination { return destination(p.BackTo) }

// Target is Back, which is known to be the client's: a custom scheme too.
func (p Error) Target() template.URL { return template.URL(p.Back) }

// Render writes the page.
func (p Error) Render(w io.Writer, v View) error { return render(w, v, "error", p) }

// Refusal tells the developer of an application why a request was refused.
type Refusal struct {
	ID                      string
	Code, Description, Rule string // "" if nothing is remembered of it
}

// Render writes the page.
func (p Refusal) Render(w io.Writer, v View) error { return render(w, v, "refusal", p) }

// Home tells who is signed in.
type Home struct {
	User *Person // nil: nobody
	CSRF string
}

// Render writes the page.
func (p Home) Render(w io.Writer, v View) error { return render(w, v, "home", p) }
