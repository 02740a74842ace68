package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/signet-auth/signet/internal/store"
)

// The problems that the log of deliveries names. They are constants: what the network
// says may tell more than the operator of an endpoint should know.
const (
	problemStatus  = "the endpoint did not answer with 2xx"
	problemTimeout = "the endpoint took too long"
	problemRefused = "the connection was refused"
	problemName    = "the host was not found"
	problemTLS     = "the certificate was not accepted"
	problemAddress = "the address is not a public one"
	problemNetwork = "the connection failed"
	problemSecret  = "the secret cannot be opened with the root key of this server"
)

// send sends one message and says how that went. The headers are those of Svix, which
// Clerk's SDKs ask for; the signature is that of Standard Webhooks.
func (d *Deliverer) send(ctx context.Context, w store.Webhook, id store.EventID, body []byte) store.Attempt {
	attempt := store.Attempt{At: d.now()}
	signature, err := d.secrets.sign(w, id.String(), attempt.At, body)
	if err != nil {
		attempt.Problem = problemSecret
		return attempt
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		attempt.Problem = problemNetwork
		return attempt
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Signet-Webhooks")
	request.Header.Set("Svix-Id", id.String())
	request.Header.Set("Svix-Timestamp", strconv.FormatInt(attempt.At.Unix(), 10))
	request.Header.Set("Svix-Signature", signature)
	began := time.Now() // not the instance's clock, which tests stop
	response, err := d.client.Do(request)
	if err == nil {
		attempt.Status = response.StatusCode
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer)) // what it says is of no interest
		_ = response.Body.Close()
	}
	attempt.Took = time.Since(began).Truncate(time.Millisecond)
	attempt.Problem = problemOf(attempt.Status, err)
	return attempt
}

// problemOf names what went wrong, "" for nothing.
func problemOf(status int, err error) string {
	var name *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case err == nil && status >= 200 && status < 300:
		return ""
	case err == nil:
		return problemStatus
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return problemAddress
	case errors.As(err, &name):
		return problemName
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return problemTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return problemRefused
	case errors.As(err, &timeout) && timeout.Timeout():
		return problemTimeout
	}
	return problemNetwork
}
