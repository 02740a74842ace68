package backendapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// idempotencyKey is the header of a POST that may be sent again, as Stripe has it.
const idempotencyKey = "Idempotency-Key"

const (
	maxIdempotencyKey = 255
	answerKept        = 24 * time.Hour
	// A request under a key goes on without its sender for keyedTimeout at most. A
	// claim outlives that, so that nobody runs it anew while it is under way.
	keyedTimeout = 50 * time.Second
	claimLease   = 2 * time.Minute
)

// once serves a POST that carries an idempotency key: it is done once, and sent
// again it gets the very answer of the first time. Only successes are kept. A
// refusal has changed nothing, and after a fault nobody knows, so that both can be
// tried again at once under the same key; so can, after its lease, a request whose
// node died over it. What such a request had created by then it creates again.
func (a *API) once(h http.Header, r *http.Request, key store.APIKey, serve method) (any, error) {
	claim, err := a.claimOf(r, key)
	if err != nil {
		return nil, err
	}
	kept, claimed, err := a.requests.ClaimRequest(r.Context(), claim, a.now())
	switch {
	case err != nil:
		return nil, err
	case !claimed && kept.Request != claim.Request:
		return nil, refuse("idempotency_key_reused", "", "This idempotency key was sent with another request; take a new one for each request.")
	case !claimed && !kept.Answered:
		h.Set("Retry-After", "1")
		return nil, refuse("conflict", "", "The request with this idempotency key is still under way; send it again in a moment.")
	case !claimed:
		h.Set("Idempotency-Replayed", "true")
		return a.openAnswer(claim, kept)
	}
	// Its sender may go away and send it again; it is done to the end all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keyedTimeout)
	defer cancel()
	answer, err := serve(r.WithContext(ctx))
	if err != nil {
		return nil, errors.Join(err, a.requests.ReleaseRequest(context.WithoutCancel(ctx), claim))
	}
	return a.keepAnswer(context.WithoutCancel(ctx), claim, answer)
}

// claimOf reads the key, and all that makes the request this one.
func (a *API) claimOf(r *http.Request, key store.APIKey) (store.Claim, error) {
	given := r.Header.Values(idempotencyKey)
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(given) != 1 || given[0] == "" || len(given[0]) > maxIdempotencyKey || !printable(given[0]):
		return store.Claim{}, refuse("idempotency_key_invalid", "", "The header Idempotency-Key must be given once, with 1 to 255 printable ASCII characters.")
	case strings.HasPrefix(mediaType, "multipart/"):
		return store.Claim{}, refuse("idempotency_key_invalid", "", "Uploads take no idempotency key; leave the header Idempotency-Key out.")
	}
	body, err := readBody(r)
	if err != nil {
		return store.Claim{}, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	version, err := versionOf(r)
	if err != nil {
		return store.Claim{}, err
	}
	now := a.now()
	c := store.Claim{
		ID:         digest(key.Secret[:], []byte(given[0])),
		Request:    digest([]byte(r.Method), []byte(r.URL.EscapedPath()), []byte(r.URL.RawQuery), []byte(version), body),
		LeaseUntil: now.Add(claimLease), ExpiresAt: now.Add(answerKept),
	}
	rand.Read(c.By[:]) // never fails: it ends the program instead
	return c, nil
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// digest is one hash of several parts, each with its length, so that none can pass
// for part of another.
func digest(parts ...[]byte) (d store.Hash) {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(p))) // a hash takes everything
		h.Write(p)
	}
	h.Sum(d[:0])
	return d
}

// keepAnswer keeps the answer, sealed, since it may hold a secret that is shown
// this once. The request has succeeded: if its answer cannot be kept, its sender
// gets it all the same.
func (a *API) keepAnswer(ctx context.Context, c store.Claim, answer any) (any, error) {
	if t, ok := answer.(tagged); ok {
		answer = t.object
	}
	var mark []byte
	if made, ok := answer.(createdObject); ok {
		answer, mark = made.object, []byte{createdMark}
	}
	var body bytes.Buffer
	if answer != nil {
		if err := encode(&body, answer); err != nil {
			return nil, err
		}
	}
	raw := append(mark, bytes.TrimSpace(body.Bytes())...)
	if err := a.requests.FinishRequest(ctx, c, a.answers.Seal(append(c.ID[:], raw...))); err != nil {
		a.log.WarnContext(ctx, "backend api: the answer to an idempotency key is not kept", "err", err)
	}
	return asAnswer(raw), nil
}

// openAnswer reads what keepAnswer kept. The id inside keeps whoever can write to
// the database from giving one request the answer of another.
func (a *API) openAnswer(c store.Claim, kept store.KeptRequest) (any, error) {
	opened, err := a.answers.Open(kept.Answer)
	if err != nil {
		return nil, fmt.Errorf("opening a kept answer: %w", err)
	}
	raw, ok := bytes.CutPrefix(opened, c.ID[:])
	if !ok {
		return nil, errors.New("a kept answer belongs to another request")
	}
	return asAnswer(raw), nil
}

// asAnswer is an answer that is encoded already; nothing is the answer without a
// body.
func asAnswer(raw []byte) any {
	switch {
	case len(raw) == 0:
		return nil
	case raw[0] == createdMark:
		return createdObject{json.RawMessage(raw[1:])}
	}
	return json.RawMessage(raw)
}

// createdMark is before the answers that have the status 201. No JSON begins so.
const createdMark = 1
