package hosted

import (
	"errors"
	"io"
	"net/http"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/mail"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/ui"
)

// maxPicture bounds a picture that somebody uploads, in bytes, and maxUpload the form
// around it.
const (
	maxPicture = 10 << 20
	maxUpload  = maxPicture + 64<<10
)

// decoders is how many pictures are decoded at once: each may take a hundred megabytes.
const decoders = 2

func (h *Hosted) showProfile(v visit) (answer, error) {
	return h.profilePage(v, http.StatusOK, v.told(), v.User.FirstName, v.User.LastName), nil
}

func (h *Hosted) profilePage(v visit, status int, told ui.Told, firstName, lastName string) answer {
	page := ui.AccountDetails{
		Shell: v.shell(ui.AccountProfile), Told: told, Picture: h.picture(v.User.ImageURL),
		FirstName: firstName, LastName: lastName, Username: v.User.Username, Mail: h.proofs != nil,
	}
	for _, e := range v.User.Emails {
		page.Addresses = append(page.Addresses, ui.Address{ID: e.ID, Address: e.Address, Primary: e.ID == v.User.PrimaryEmailID, Verified: e.Verified})
	}
	return answer{status: status, page: page}
}

// mistaken answers with the page on which a mistake was made.
func mistaken(err error, page func(status int, told ui.Told) answer) (answer, error) {
	var mistake *Mistake
	switch {
	case errors.As(err, &mistake):
		return page(http.StatusUnprocessableEntity, ui.Told{Problem: mistake.Problem, Field: mistake.Field}), nil
	case errors.Is(err, account.ErrBusy):
		a := page(http.StatusServiceUnavailable, ui.Told{Busy: true})
		a.retryAfter = busySeconds
		return a, nil
	case errors.Is(err, store.ErrNotFound):
		return answer{}, errNotYours
	}
	return answer{}, err
}

func (h *Hosted) rename(v visit) (answer, error) {
	firstName, lastName := v.form.Get("first_name"), v.form.Get("last_name")
	if err := h.self.Rename(v.r.Context(), v.User.ID, firstName, lastName); err != nil {
		return mistaken(err, func(status int, told ui.Told) answer { return h.profilePage(v, status, told, firstName, lastName) })
	}
	return done(ui.AccountProfile, ui.NoticeSaved)
}

func (h *Hosted) makePrimary(v visit) (answer, error) {
	err := h.self.MakePrimary(v.r.Context(), v.User.ID, v.r.PathValue("id"))
	if err == nil && v.r.PathValue("id") != v.User.PrimaryEmailID {
		h.tell(v, mail.PrimaryChanged)
	}
	return h.changedProfile(v, err)
}

func (h *Hosted) removeAddress(v visit) (answer, error) {
	err := h.self.RemoveEmail(v.r.Context(), v.User.ID, v.r.PathValue("id"))
	if err == nil {
		h.tell(v, mail.AddressRemoved)
	}
	return h.changedProfile(v, err)
}

func (h *Hosted) removePicture(v visit) (answer, error) {
	return h.changedProfile(v, h.self.SetPicture(v.r.Context(), v.User.ID, nil))
}

func (h *Hosted) setPicture(v visit, file []byte) (answer, error) {
	select {
	case h.decoders <- struct{}{}:
		defer func() { <-h.decoders }()
	case <-v.r.Context().Done():
		return answer{}, v.r.Context().Err()
	}
	return h.changedProfile(v, h.self.SetPicture(v.r.Context(), v.User.ID, file))
}

// changedProfile says what became of a change.
func (h *Hosted) changedProfile(v visit, err error) (answer, error) {
	if err != nil {
		return mistaken(err, func(status int, told ui.Told) answer {
			return h.profilePage(v, status, told, v.User.FirstName, v.User.LastName)
		})
	}
	return done(ui.AccountProfile, ui.NoticeSaved)
}

// ownUpload is ownForm for a form with a file. Nothing of it is read for a stranger.
func (h *Hosted) ownUpload(back string, serve func(visit, []byte) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := func() (answer, error) {
			if err := h.checkOrigin(r); err != nil {
				return answer{}, err
			}
			v, next, err := h.visit(w, r, oauth.Form{}, anytime, back)
			if err != nil || next.location != "" {
				return next, err
			}
			token, file, err := readUpload(w, r)
			switch {
			case err != nil:
				return mistaken(err, func(status int, told ui.Told) answer {
					return h.profilePage(v, status, told, v.User.FirstName, v.User.LastName)
				})
			case !h.sessions.CheckCSRF(r, v.User.ID, token):
				return answer{}, errStaleForm
			}
			return serve(v, file)
		}()
		h.write(w, r, oauth.Form{}, a, err)
	})
}

// readUpload reads the token and the file of a form.
func readUpload(w http.ResponseWriter, r *http.Request) (token string, file []byte, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, errBadForm
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, errBadForm
		}
		value, err := io.ReadAll(io.LimitReader(part, maxPicture+1))
		if err != nil {
			return "", nil, errBadForm
		}
		switch part.FormName() {
		case "csrf":
			token = string(value)
		case "file":
			file = value
		}
	}
	if len(file) == 0 || len(file) > maxPicture {
		return "", nil, &Mistake{Field: "file", Problem: ui.PictureUnusable}
	}
	return token, file, nil
}
