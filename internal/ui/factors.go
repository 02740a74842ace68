package ui

import "io"

// A PasskeyForm is what a page hands to the browser so that an authenticator can sign
// it. Without scripts it is not shown.
type PasskeyForm struct {
	Options   string // JSON for navigator.credentials
	Challenge string // sealed
	Continue  string // the sealed continuation, or ""
	CSRF      string
}

// SecondFactor asks for a code once the first factor is done.
type SecondFactor struct {
	Application string // name of the one that waits, or ""
	Failure     Failure
	Continue    string // the sealed continuation, or ""
	CSRF        string
	// RememberDays is for how long the device may be remembered; 0 if it may not.
	RememberDays int
}

// Wrong reports whether the code was wrong.
func (p SecondFactor) Wrong() bool { return p.Failure == WrongCredentials }

// Busy reports whether the code was not looked at.
func (p SecondFactor) Busy() bool { return p.Failure == TooBusy }

// TooMany reports whether too many codes were wrong.
func (p SecondFactor) TooMany() bool { return p.Failure == TooMany }

// Render writes the page.
func (p SecondFactor) Render(w io.Writer, v View) error { return render(w, v, "second_factor", p) }
