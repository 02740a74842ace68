package hosted

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/passkey"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// How many times a minute somebody may try the current password, and at once: a
// session that was left open is not the password.
const (
	passwordsPerMinute = 2
	passwordsAtOnce    = 10
)

func (h *Hosted) showSecurity(v visit) (answer, error) {
	return h.securityPage(v, http.StatusOK, v.told())
}

func (h *Hosted) securityPage(v visit, status int, told ui.Told) (answer, error) {
	ctx := v.r.Context()
	factor, err := h.factors.Of(ctx, v.User.ID)
	if err != nil {
		return answer{}, err
	}
	passkeys, err := h.keptPasskeys.PasskeysOf(ctx, v.User.ID)
	if err != nil {
		return answer{}, err
	}
	page := ui.Security{
		Shell: v.shell(ui.AccountSecurity), Told: told,
		Password: v.User.PasswordDigest != "", PasswordChangedAt: v.User.PasswordUpdatedAt, PasskeysOffered: h.passkeys.Available(),
		SecondFactor: factor.Enabled(), SecondFactorSince: factor.EnabledAt, BackupCodes: len(factor.BackupCodes),
	}
	for _, k := range passkeys[v.User.ID] {
		page.Passkeys = append(page.Passkeys, ui.Passkey{ID: k.ID, Name: k.Name, Synced: k.BackedUp, CreatedAt: k.CreatedAt, LastUsed: k.LastUsedAt})
	}
	if page.Identities, err = h.ownIdentities(v); err != nil {
		return answer{}, err
	}
	page.Connectable = slices.DeleteFunc(h.offered(), func(u ui.Upstream) bool {
		return slices.ContainsFunc(page.Identities, func(x ui.Identity) bool { return x.Provider == u.ID })
	})
	a := answer{status: status, page: page}
	if status == http.StatusServiceUnavailable {
		a.retryAfter = busySeconds
	}
	return a, nil
}

// mistakenSecurity is mistaken for the page of this section.
func (h *Hosted) mistakenSecurity(v visit, err error) (answer, error) {
	var fault error
	a, err := mistaken(err, func(status int, told ui.Told) answer {
		var page answer
		page, fault = h.securityPage(v, status, told)
		return page
	})
	return a, errors.Join(err, fault)
}

// changePassword asks for the old one, or for a fresh sign-in of who has none, and
// leaves no session but this, under a new id.
func (h *Hosted) changePassword(v visit) (answer, error) {
	ctx := v.r.Context()
	current, next := v.form.Get("current_password"), v.form.Get("password")
	if v.User.PasswordDigest == "" {
		if ok, err := h.isFresh(v.r, v.Current); err != nil || !ok {
			return h.signInFor(v.w, v.r, ui.AccountSecurity, true), err
		}
	} else if problem, err := h.checkOld(v, current); err != nil || problem != ui.NoProblem {
		if problem != ui.NoProblem {
			err = &Mistake{Field: "current_password", Problem: problem}
		}
		return h.mistakenSecurity(v, err)
	}
	if err := h.self.SetPassword(ctx, v.User.ID, next); err != nil {
		return h.mistakenSecurity(v, err)
	}
	if _, err := h.sessions.Renew(v.w, v.r, v.Current, v.Methods); err != nil {
		return answer{}, err
	}
	h.tell(v, mail.PasswordChanged)
	return done(ui.AccountSecurity, ui.NoticePassword)
}

// checkOld says what is wrong with the current password.
func (h *Hosted) checkOld(v visit, password string) (ui.Problem, error) {
	if !h.passwordTries.AllowAt(v.User.ID, h.now()) {
		return ui.TriedTooOften, nil
	}
	if len(password) > maxPassword {
		return ui.PasswordNotYours, nil
	}
	matches, err := h.self.Matches(v.r.Context(), v.User.PasswordDigest, password)
	if err == nil && !matches {
		return ui.PasswordNotYours, nil
	}
	return ui.NoProblem, err
}

// tell writes to the user what has changed, at the address that the user is known by.
func (h *Hosted) tell(v visit, news mail.Kind) {
	e, ok := v.User.PrimaryEmail()
	if h.proofs != nil && ok && e.Verified {
		h.proofs.Notify(v.r.Context(), v.User, news, e.Address, h.view(v.r, v.form).Language)
	}
}

func (h *Hosted) showNewPasskey(v visit) (answer, error) {
	return h.newPasskeyPage(v, http.StatusOK, ui.Told{}, deviceName(v.UserAgent))
}

func (h *Hosted) newPasskeyPage(v visit, status int, told ui.Told, name string) (answer, error) {
	if !h.passkeys.Available() {
		return see(ui.AccountSecurity), nil
	}
	who := person(v.User)
	c, err := h.passkeys.Registration(v.r.Context(), passkey.Owner{UserID: v.User.ID, Name: who.Identifier, Label: who.Label()})
	if errors.Is(err, passkey.ErrTooMany) {
		return h.mistakenSecurity(v, &Mistake{Problem: ui.PasskeysTooMany})
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: status, scripts: true, page: ui.NewPasskey{
		Shell: v.shell(ui.AccountSecurity), Told: told, Name: name,
		Form: ui.PasskeyForm{Options: c.Options, Challenge: c.Sealed, CSRF: v.csrf},
	}}, nil
}

// maxPasskeyName bounds the name of a passkey, in characters.
const maxPasskeyName = 100

// passkeyName makes a name of what was typed, or "" if it is none.
func passkeyName(typed string) string {
	name := strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(typed, "\x00", ""), "")), " ")
	if utf8.RuneCountInString(name) > maxPasskeyName {
		return ""
	}
	return name
}

// addPasskey keeps what the browser has made. The challenge is sealed for this user.
func (h *Hosted) addPasskey(v visit) (answer, error) {
	name := passkeyName(v.form.Get("name"))
	if name == "" {
		return h.newPasskeyPage(v, http.StatusUnprocessableEntity, ui.Told{Problem: ui.OtherProblem, Field: "name"}, v.form.Get("name"))
	}
	_, err := h.passkeys.Register(v.r.Context(), v.User.ID, v.form.Get("challenge"), v.form.Get("response"), name)
	switch {
	case errors.Is(err, passkey.ErrRefused), errors.Is(err, passkey.ErrExpired):
		h.log.InfoContext(v.r.Context(), "passkey not added", "why", err)
		return h.newPasskeyPage(v, http.StatusUnprocessableEntity, ui.Told{Problem: ui.PasskeyNotMade}, name)
	case errors.Is(err, passkey.ErrTooMany):
		return h.mistakenSecurity(v, &Mistake{Problem: ui.PasskeysTooMany})
	case err != nil:
		return answer{}, err
	}
	h.tell(v, mail.PasskeyAdded)
	return done(ui.AccountSecurity, ui.NoticePasskeyAdded)
}

func (h *Hosted) renamePasskey(v visit) (answer, error) {
	name := passkeyName(v.form.Get("name"))
	if name == "" {
		return h.mistakenSecurity(v, &Mistake{Problem: ui.OtherProblem})
	}
	err := h.keptPasskeys.RenamePasskey(v.r.Context(), v.User.ID, v.r.PathValue("id"), name, h.now())
	if err != nil {
		return h.mistakenSecurity(v, err)
	}
	return done(ui.AccountSecurity, ui.NoticeSaved)
}

func (h *Hosted) askRemovePasskey(v visit) (answer, error) {
	found, err := h.keptPasskeys.PasskeysOf(v.r.Context(), v.User.ID)
	if err != nil {
		return answer{}, err
	}
	for _, k := range found[v.User.ID] {
		if k.ID == v.r.PathValue("id") {
			return v.ask(ui.AccountSecurity, ui.AskPasskeyAway, k.Name), nil
		}
	}
	return answer{}, errNotYours
}

// ask asks before something that the same path does.
func (v visit) ask(section string, q ui.Question, about string) answer {
	return answer{status: http.StatusOK, page: ui.Ask{
		Shell: v.shell(section), Question: q, About: about, Action: v.r.URL.Path, Back: section,
	}}
}

// removePasskey leaves the last way in alone: who lost it could not come back.
func (h *Hosted) removePasskey(v visit) (answer, error) {
	err := h.keptPasskeys.GiveUpPasskey(v.r.Context(), v.User.ID, v.r.PathValue("id"), h.now())
	switch {
	case errors.Is(err, store.ErrConflict):
		return h.mistakenSecurity(v, &Mistake{Problem: ui.LastWayIn})
	case errors.Is(err, store.ErrNotFound):
		return answer{}, errNotYours
	case err != nil:
		return answer{}, err
	}
	h.tell(v, mail.PasskeyRemoved)
	return done(ui.AccountSecurity, ui.NoticePasskeyRemoved)
}
