package backendapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/signet-auth/signet/internal/picture"
)

// maxUpload is the most bytes of a request with a picture: the rest is for the form.
const maxUpload = picture.MaxUpload + 64<<10

// decoders is how many pictures are decoded at once: each may take 200 MB.
const decoders = 2

// setLogo serves PUT /v1/oauth_applications/{id}/logo.
func (a *API) setLogo(r *http.Request) (any, error) {
	file, err := a.uploaded(r, "uploader_user_id")
	if err != nil {
		return nil, err
	}
	defer a.decoding()()
	app, err := a.admin.SetLogo(r.Context(), r.PathValue("id"), file)
	return a.answerApplication(r.Context(), app, err)
}

// setProfileImage serves POST /v1/users/{id}/profile_image.
func (a *API) setProfileImage(r *http.Request) (any, error) {
	file, err := a.uploaded(r)
	if err != nil {
		return nil, err
	}
	defer a.decoding()()
	return a.answersUser(r)(a.admin.SetProfileImage(r.Context(), r.PathValue("id"), file))
}

// deleteProfileImage serves DELETE /v1/users/{id}/profile_image.
func (a *API) deleteProfileImage(r *http.Request) (any, error) {
	return a.answersUser(r)(a.admin.SetProfileImage(r.Context(), r.PathValue("id"), nil))
}

// decoding waits for its turn and returns what ends it.
func (a *API) decoding() (done func()) {
	a.decoders <- struct{}{}
	return func() { <-a.decoders }
}

// uploaded reads the file of a form. Other parts of the form are passed over if
// their names are known.
func (a *API) uploaded(r *http.Request, known ...string) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, refuse("unsupported_content_type", "", "The request body must be multipart/form-data.")
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, refuse("request_body_invalid", "", "The request body cannot be read as a form.")
	}
	var file []byte
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF) && file == nil:
			return nil, refusal{{code: "form_param_missing", param: "file", long: "file must be included.", status: http.StatusBadRequest}}
		case errors.Is(err, io.EOF):
			return file, nil
		case err != nil:
			return nil, unreadable(err)
		}
		switch name := part.FormName(); {
		case name == "file" && file == nil:
			if file, err = io.ReadAll(io.LimitReader(part, picture.MaxUpload+1)); err != nil {
				return nil, unreadable(err)
			}
			if len(file) > picture.MaxUpload {
				return nil, errPictureSize
			}
		case !slices.Contains(known, name):
			return nil, refuse("form_param_unknown", "", "The form must hold one file and nothing else.")
		}
	}
}

var errPictureSize = refuse("image_too_large", "file", "file must be at most 10 MB.")

func unreadable(err error) error {
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return errPictureSize
	}
	return refuse("request_body_invalid", "", "The request body did not arrive whole.")
}
