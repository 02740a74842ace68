package hosted

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/session"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// Self is what users do about their own account. Every method names whose it is and
// finds nothing of anybody else's: store.ErrNotFound.
type Self interface {
	// Rename and SetPicture fail with a *Mistake; no picture takes the one away.
	Rename(ctx context.Context, userID, firstName, lastName string) error
	SetPicture(ctx context.Context, userID string, file []byte) error
	MakePrimary(ctx context.Context, userID, emailID string) error
	// AddEmail adds an address that the user has proved. It fails with a *Mistake for one
	// that somebody else has.
	AddEmail(ctx context.Context, userID, address string, proof store.EmailProof) error
	// RemoveEmail fails with a *Mistake for the last thing a user is known by.
	RemoveEmail(ctx context.Context, userID, emailID string) error
	// Matches compares a password with a digest, or fails with account.ErrBusy.
	Matches(ctx context.Context, digest, password string) (bool, error)
	// SetPassword ends every session of the user. It fails with a *Mistake or with
	// account.ErrBusy.
	SetPassword(ctx context.Context, userID, password string) error
	Delete(ctx context.Context, userID string) error
}

// OwnSessions are where a user is signed in.
type OwnSessions interface {
	SessionsOf(ctx context.Context, userID string, now time.Time, limit, offset int) ([]store.Session, int, error)
	EndSessionOf(ctx context.Context, userID, id string) error
	EndOtherSessions(ctx context.Context, userID, id string) (int, error)
}

// freshness is how long after a sign-in somebody may do what is hard to undo.
const freshness = 10 * time.Minute

// How much care a page takes.
type care int

const (
	anytime care = iota
	fresh        // the user has just signed in, by every factor there is
)

// A visit is a request of somebody who is signed in, about the own account.
type visit struct {
	session.Current
	w    http.ResponseWriter
	r    *http.Request
	form oauth.Form // of the body, or the query of a GET
	csrf string
}

// shell is the frame of the visitor's pages.
func (v visit) shell(section string) ui.Shell {
	return ui.AccountShell(person(v.User), v.csrf, section)
}

// told is what a redirect wanted to be said.
func (v visit) told() ui.Told {
	if n := ui.Notice(v.form.Get("done")); slices.Contains(ui.Notices(), n) {
		return ui.Told{Notice: n}
	}
	return ui.Told{}
}

// done sends the browser to a section, which says what was done.
func done(section string, n ui.Notice) (answer, error) {
	return see(section + "?done=" + string(n)), nil
}

// own adapts a page of the account.
func (h *Hosted) own(c care, serve func(visit) (answer, error)) http.Handler {
	return h.page(func(w http.ResponseWriter, r *http.Request, query oauth.Form) (answer, error) {
		v, next, err := h.visit(w, r, query, c, r.URL.RequestURI())
		if err != nil || next.location != "" {
			return next, err
		}
		return serve(v)
	})
}

// ownForm adapts a form of the account. Who has to sign in first comes back to a page,
// since what was typed is not kept.
func (h *Hosted) ownForm(c care, back string, serve func(visit) (answer, error)) http.Handler {
	return h.form(func(w http.ResponseWriter, r *http.Request, form oauth.Form) (answer, error) {
		v, next, err := h.visit(w, r, form, c, back)
		switch {
		case err != nil || next.location != "":
			return next, err
		case !h.sessions.CheckCSRF(r, v.User.ID, form.Get("csrf")):
			return answer{}, errStaleForm
		}
		return serve(v)
	})
}

// visit finds out who asks. If nobody is signed in, or not freshly enough, next leads
// to where that can be mended.
func (h *Hosted) visit(w http.ResponseWriter, r *http.Request, form oauth.Form, c care, back string) (v visit, next answer, err error) {
	current, signedIn, err := h.sessions.Current(r)
	if err != nil {
		return v, answer{}, err
	}
	if !signedIn {
		return v, h.signInFor(w, r, back, false), nil
	}
	if c == fresh {
		ok, err := h.isFresh(r, current)
		if err != nil || !ok {
			return v, h.signInFor(w, r, back, true), err
		}
	}
	r = r.WithContext(store.WithActor(r.Context(), store.Actor{Kind: store.ByUser, ID: current.User.ID}))
	return visit{current, w, r, form, h.sessions.CSRFToken(h.sessions.Browser(w, r), current.User.ID)}, answer{}, nil
}

// signInFor sends the browser to sign in and then on to a page of ours.
func (h *Hosted) signInFor(w http.ResponseWriter, r *http.Request, back string, again bool) answer {
	c := session.Continuation{Return: back, StartedAt: h.now(), Again: again}
	return seeWith("/sign-in", h.sessions.SealContinuation(h.sessions.Browser(w, r), c))
}

// isFresh reports whether the user has signed in a moment ago, by every factor that
// there is now (threat SE18): a session from before the second factor was set up, or
// one that somebody else's token began, is not enough.
func (h *Hosted) isFresh(r *http.Request, c session.Current) (bool, error) {
	if h.now().Sub(c.SignedInAt) >= freshness {
		return false, nil
	}
	factor, err := h.factors.Of(r.Context(), c.User.ID)
	if err != nil {
		return false, err
	}
	if factor.Enabled() {
		return slices.Contains(c.Methods, "mfa"), nil
	}
	if len(c.Methods) > 0 {
		return true, nil
	}
	ways, err := h.waysIn(r, c.User)
	return ways == 0, err // who has nothing of their own cannot do better
}

// waysIn counts what the user can sign in with unaided.
func (h *Hosted) waysIn(r *http.Request, u store.User) (int, error) {
	passkeys, err := h.keptPasskeys.PasskeysOf(r.Context(), u.ID)
	ways := len(passkeys[u.ID])
	if u.PasswordDigest != "" {
		ways++
	}
	return ways, err
}

// accountRoutes registers the pages on which users see to their account.
func (h *Hosted) accountRoutes(mux *http.ServeMux) {
	mux.Handle("GET /account", h.own(anytime, h.showAccount))
	mux.Handle("GET /account/profile", h.own(anytime, h.showProfile))
	mux.Handle("POST /account/profile", h.ownForm(anytime, ui.AccountProfile, h.rename))
	mux.Handle("POST /account/picture", h.ownUpload(ui.AccountProfile, h.setPicture))
	mux.Handle("POST /account/picture/remove", h.ownForm(anytime, ui.AccountProfile, h.removePicture))
	h.addressRoutes(mux)
	mux.Handle("POST /account/addresses/{id}/primary", h.ownForm(fresh, ui.AccountProfile, h.makePrimary))
	mux.Handle("POST /account/addresses/{id}/remove", h.ownForm(fresh, ui.AccountProfile, h.removeAddress))

	mux.Handle("GET /account/security", h.own(anytime, h.showSecurity))
	mux.Handle("POST /account/password", h.ownForm(anytime, ui.AccountSecurity, h.changePassword))
	mux.Handle("GET /account/passkeys/new", h.own(fresh, h.showNewPasskey))
	mux.Handle("POST /account/passkeys", h.ownForm(fresh, "/account/passkeys/new", h.addPasskey))
	mux.Handle("POST /account/passkeys/{id}", h.ownForm(anytime, ui.AccountSecurity, h.renamePasskey))
	mux.Handle("GET /account/passkeys/{id}/remove", h.own(fresh, h.askRemovePasskey))
	mux.Handle("POST /account/passkeys/{id}/remove", h.ownForm(fresh, ui.AccountSecurity, h.removePasskey))
	mux.Handle("GET /account/second-factor/new", h.own(fresh, h.showNewFactor))
	mux.Handle("POST /account/second-factor", h.ownForm(fresh, "/account/second-factor/new", h.confirmFactor))
	mux.Handle("GET /account/second-factor/codes", h.own(fresh, h.askNewCodes))
	mux.Handle("POST /account/second-factor/codes", h.ownForm(fresh, "/account/second-factor/codes", h.newCodes))
	mux.Handle("GET /account/second-factor/off", h.own(fresh, h.askFactorOff))
	mux.Handle("POST /account/second-factor/off", h.ownForm(fresh, "/account/second-factor/off", h.factorOff))

	mux.Handle("GET /account/sessions", h.own(anytime, h.showSessions))
	mux.Handle("POST /account/sessions/{id}/end", h.ownForm(anytime, ui.AccountSessions, h.endSession))
	mux.Handle("GET /account/sessions/end-others", h.own(anytime, h.askEndOthers))
	mux.Handle("POST /account/sessions/end-others", h.ownForm(anytime, ui.AccountSessions, h.endOthers))
	mux.Handle("GET /account/applications", h.own(anytime, h.showConnections))
	mux.Handle("GET /account/applications/{id}", h.own(anytime, h.askDisconnect))
	mux.Handle("POST /account/applications/{id}", h.ownForm(anytime, ui.AccountApplications, h.disconnect))
	mux.Handle("GET /account/data", h.own(anytime, h.showData))
	mux.Handle("GET /account/export", h.own(fresh, h.export))
	mux.Handle("GET /account/delete", h.own(fresh, h.askDelete))
	mux.Handle("POST /account/delete", h.ownForm(fresh, "/account/delete", h.deleteAccount))

	// Where a form was refused, its page is when it is asked for anew.
	for path, page := range map[string]string{
		"password": ui.AccountSecurity, "passkeys": "/account/passkeys/new", "second-factor": "/account/second-factor/new", "picture": ui.AccountProfile,
		"addresses": ui.AccountProfile, "addresses/confirm": ui.AccountProfile,
	} {
		mux.Handle("GET /account/"+path, h.own(anytime, func(visit) (answer, error) { return see(page), nil }))
	}
}

// showAccount is the overview.
func (h *Hosted) showAccount(v visit) (answer, error) {
	ctx := v.r.Context()
	page := ui.Account{Shell: v.shell(ui.AccountOverview), Told: v.told(), Picture: h.picture(v.User.ImageURL), Passwords: v.User.PasswordDigest != ""}
	factor, err := h.factors.Of(ctx, v.User.ID)
	if err != nil {
		return answer{}, err
	}
	page.SecondFactor = factor.Enabled()
	passkeys, err := h.keptPasskeys.PasskeysOf(ctx, v.User.ID)
	if err != nil {
		return answer{}, err
	}
	page.Passkeys = len(passkeys[v.User.ID])
	if _, page.Sessions, err = h.ownSessions.SessionsOf(ctx, v.User.ID, h.now(), 1, 0); err != nil {
		return answer{}, err
	}
	agreements, err := h.agreements(v)
	page.Applications = len(agreements)
	return answer{status: http.StatusOK, page: page}, err
}
