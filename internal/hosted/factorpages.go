package hosted

import (
	"errors"
	"net/http"
	"slices"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/ui"
)

// showNewFactor shows a new secret. Nothing is kept of it until a code confirms it.
func (h *Hosted) showNewFactor(v visit) (answer, error) {
	factor, err := h.factors.Of(v.r.Context(), v.User.ID)
	switch {
	case err != nil:
		return answer{}, err
	case factor.Enabled():
		return see(ui.AccountSecurity), nil
	}
	setup, err := h.factors.Begin(v.User.ID, h.issuerName, person(v.User).Identifier)
	return newFactorPage(v, http.StatusOK, ui.Told{}, setup), err
}

func newFactorPage(v visit, status int, told ui.Told, s account.Setup) answer {
	return answer{status: status, page: ui.NewSecondFactor{
		Shell: v.shell(ui.AccountSecurity), Told: told,
		Size: s.Code.Size, Path: s.Code.Path, Secret: s.Secret, Sealed: s.Sealed,
	}}
}

// confirmFactor keeps the secret and shows the backup codes for the only time. The
// session has been proved by both factors now, so it gets a new id (threat SE03).
func (h *Hosted) confirmFactor(v visit) (answer, error) {
	sealed := v.form.Get("setup")
	if !h.factorTries.AllowAt(v.User.ID, h.now()) {
		return h.factorMistake(v, sealed, ui.TriedTooOften)
	}
	codes, err := h.factors.Confirm(v.r.Context(), v.User.ID, sealed, v.form.Get("code"))
	switch {
	case errors.Is(err, account.ErrWrongFactor):
		return h.factorMistake(v, sealed, ui.CodeWrong)
	case errors.Is(err, account.ErrSetup):
		return see("/account/second-factor/new"), nil
	case errors.Is(err, account.ErrHasFactor):
		return see(ui.AccountSecurity), nil
	case err != nil:
		return answer{}, err
	}
	h.tell(v, mail.SecondFactorOn)
	methods := slices.Clone(v.Methods)
	for _, m := range []string{"otp", "mfa"} {
		if !slices.Contains(methods, m) {
			methods = append(methods, m)
		}
	}
	if _, err := h.sessions.Renew(v.w, v.r, v.Current, methods); err != nil {
		return answer{}, err
	}
	return h.codesPage(v, codes), nil
}

// factorMistake shows the same secret once more.
func (h *Hosted) factorMistake(v visit, sealed string, p ui.Problem) (answer, error) {
	setup, err := h.factors.Again(v.User.ID, h.issuerName, person(v.User).Identifier, sealed)
	switch {
	case errors.Is(err, account.ErrSetup):
		return see("/account/second-factor/new"), nil
	case err != nil:
		return answer{}, err
	}
	status := http.StatusUnprocessableEntity
	if p == ui.TriedTooOften {
		status = http.StatusTooManyRequests
	}
	return newFactorPage(v, status, ui.Told{Problem: p, Field: "code"}, setup), nil
}

func (h *Hosted) codesPage(v visit, codes []string) answer {
	return answer{status: http.StatusOK, page: ui.BackupCodes{Shell: v.shell(ui.AccountSecurity), Codes: codes}}
}

func (h *Hosted) askNewCodes(v visit) (answer, error) {
	return v.ask(ui.AccountSecurity, ui.AskNewCodes, ""), nil
}

func (h *Hosted) newCodes(v visit) (answer, error) {
	codes, err := h.factors.NewBackupCodes(v.r.Context(), v.User.ID)
	switch {
	case errors.Is(err, account.ErrNoFactor):
		return see(ui.AccountSecurity), nil
	case err != nil:
		return answer{}, err
	}
	h.tell(v, mail.BackupCodes)
	return h.codesPage(v, codes), nil
}

func (h *Hosted) askFactorOff(v visit) (answer, error) {
	return v.ask(ui.AccountSecurity, ui.AskFactorOff, ""), nil
}

func (h *Hosted) factorOff(v visit) (answer, error) {
	err := h.factors.Remove(v.r.Context(), v.User.ID, true, true)
	switch {
	case errors.Is(err, account.ErrNoFactor): // off already, as in another tab
	case err != nil:
		return answer{}, err
	default:
		h.tell(v, mail.SecondFactorOff)
	}
	return done(ui.AccountSecurity, ui.NoticeFactorOff)
}
