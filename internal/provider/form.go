package provider

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
)

// maxBody is the most bytes that are read of a request.
const maxBody = 64 << 10

var (
	errNotForm = &oauth.Error{
		Code: oauth.InvalidRequest, Spec: "RFC 6749 §3.2",
		Description: "the content type must be application/x-www-form-urlencoded",
	}
	errTooLong = &oauth.Error{
		Code: oauth.InvalidRequest, Spec: "RFC 6749 §3.2",
		Description: "the request is too long",
	}
	errQuery = &oauth.Error{
		Code: oauth.InvalidRequest, Spec: "RFC 6749 §3.2",
		Description: "the parameters of a POST belong in its body, not in the query",
	}
)

// readBody reads the parameters of a POST. They come in the body alone, as what
// is in a URL ends up in logs.
func readBody(r *http.Request) (oauth.Form, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.URL.RawQuery != "":
		return oauth.Form{}, errQuery
	case err != nil || mediaType != "application/x-www-form-urlencoded":
		return oauth.Form{}, errNotForm
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return oauth.Form{}, errTooLong
	case err != nil:
		return oauth.Form{}, &oauth.Error{
			Code: oauth.InvalidRequest, Spec: "RFC 6749 §3.2",
			Description: "the body could not be read",
		}
	}
	return oauth.ParseForm(string(body))
}
