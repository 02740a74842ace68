package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// A Clerk is a Backend API to read from: Clerk's, or another Signet's.
type Clerk struct {
	URL       string // such as https://api.clerk.com
	SecretKey string
	HTTP      *http.Client
	Wait      func(context.Context, time.Duration) error // before asking again
}

// Wait returns after d, or with the error of ctx.
func Wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// perPage is how many objects are asked for at once.
const perPage = 100

// get reads one page; answers are bounded, as the other end may be anything.
func (c Clerk) get(ctx context.Context, path string, query url.Values, into any) error {
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.URL, "/")+"/v1/"+path+"?"+query.Encode(), nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+c.SecretKey)
		answer, err := c.HTTP.Do(r)
		if err != nil {
			return err
		}
		wait, err := read(answer, into)
		if wait == 0 {
			return err
		}
		if err := c.Wait(ctx, wait); err != nil {
			return err
		}
	}
}

const maxAnswer = 64 << 20

// read decodes an answer, or says how long to wait before asking again.
func read(answer *http.Response, into any) (wait time.Duration, err error) {
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return 0, err
	case answer.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return time.Duration(min(max(seconds, 1), 60)) * time.Second, nil
	case answer.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("%s answers %s: %.200s", answer.Request.URL.Host, answer.Status, body)
	}
	return 0, json.Unmarshal(body, into)
}

// Users reads the users, oldest first. Their passwords are not to be had this way.
func (c Clerk) Users(ctx context.Context) Source { return &clerkUsers{ctx: ctx, from: c} }

type clerkUsers struct {
	ctx    context.Context
	from   Clerk
	page   []clerkUser
	offset int
	number int
	ended  bool
}

// A clerkUser is as much of a user as can be brought along.
type clerkUser struct {
	ID              string          `json:"id"`
	ExternalID      string          `json:"external_id"`
	Username        string          `json:"username"`
	FirstName       string          `json:"first_name"`
	LastName        string          `json:"last_name"`
	Locale          string          `json:"locale"`
	PrimaryEmailID  string          `json:"primary_email_address_id"`
	PublicMetadata  json.RawMessage `json:"public_metadata"`
	PrivateMetadata json.RawMessage `json:"private_metadata"`
	UnsafeMetadata  json.RawMessage `json:"unsafe_metadata"`
	Banned          bool            `json:"banned"`
	CreatedAt       int64           `json:"created_at"`
	Emails          []struct {
		ID           string                   `json:"id"`
		Address      string                   `json:"email_address"`
		Reserved     bool                     `json:"reserved"`
		Verification *struct{ Status string } `json:"verification"`
	} `json:"email_addresses"`
}

// Next implements Source.
func (s *clerkUsers) Next() (Row, error) {
	if len(s.page) == 0 && !s.ended {
		query := url.Values{"limit": {strconv.Itoa(perPage)}, "offset": {strconv.Itoa(s.offset)}, "order_by": {"+created_at"}}
		if err := s.from.get(s.ctx, "users", query, &s.page); err != nil {
			return Row{}, fmt.Errorf("reading users: %w", err)
		}
		s.offset += len(s.page)
		s.ended = len(s.page) < perPage
	}
	if len(s.page) == 0 {
		return Row{}, io.EOF
	}
	u := s.page[0]
	s.page = s.page[1:]
	s.number++
	return Row{Number: s.number, User: u.asNew()}, nil
}

func (u clerkUser) asNew() admin.NewUser {
	n := admin.NewUser{
		ID: u.ID, ExternalID: u.ExternalID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Locale: u.Locale,
		PublicMetadata: object0(u.PublicMetadata), PrivateMetadata: object0(u.PrivateMetadata), UnsafeMetadata: object0(u.UnsafeMetadata),
		Banned: u.Banned, CreatedAt: time.UnixMilli(u.CreatedAt),
	}
	for _, primary := range []bool{true, false} { // the first one is the primary one
		for _, e := range u.Emails {
			if (e.ID == u.PrimaryEmailID) != primary {
				continue
			}
			status := admin.EmailUnverified
			switch {
			case e.Verification != nil && e.Verification.Status == "verified":
				status = admin.EmailVerified
			case e.Reserved:
				status = admin.EmailReserved
			}
			n.EmailAddresses, n.EmailStatuses = append(n.EmailAddresses, e.Address), append(n.EmailStatuses, status)
		}
	}
	return n
}

// object0 is nothing for null.
func object0(m json.RawMessage) json.RawMessage {
	if string(m) == "null" {
		return nil
	}
	return m
}

// A clerkApplication is as much of an application as can be brought along.
type clerkApplication struct {
	Name         string   `json:"name"`
	ClientID     string   `json:"client_id"`
	Public       bool     `json:"public"`
	PKCE         bool     `json:"pkce_required"`
	Consent      bool     `json:"consent_screen_enabled"`
	Device       bool     `json:"device_authorization_grant_enabled"`
	Dynamic      bool     `json:"dynamically_registered"`
	Scopes       string   `json:"scopes"`
	RedirectURIs []string `json:"redirect_uris"`
	CallbackURL  string   `json:"callback_url"`
}

// Applications brings the OAuth applications, keeping their client ids. Secrets are
// known to nobody but the applications: those in secrets, by client id, are kept,
// and the others have to be made anew. Applications that registered themselves are
// skipped: they register again.
func (c Clerk) Applications(ctx context.Context, a *admin.Admin, secrets map[string]string, dryRun bool, tell func(Outcome)) error {
	for offset, number := 0, 0; ; {
		var page struct{ Data []clerkApplication }
		query := url.Values{"limit": {strconv.Itoa(perPage)}, "offset": {strconv.Itoa(offset)}, "order_by": {"+created_at"}}
		if err := c.get(ctx, "oauth_applications", query, &page); err != nil {
			return fmt.Errorf("reading applications: %w", err)
		}
		for _, app := range page.Data {
			number++
			o, err := app.bring(ctx, a, secrets[app.ClientID], dryRun)
			if err != nil {
				return fmt.Errorf("application %s: %w", app.ClientID, err)
			}
			o.Row = number
			tell(o)
		}
		if offset += len(page.Data); len(page.Data) < perPage {
			return nil
		}
	}
}

func (x clerkApplication) bring(ctx context.Context, a *admin.Admin, secret string, dryRun bool) (Outcome, error) {
	o := Outcome{What: Skipped, Name: x.ClientID}
	if x.Dynamic {
		o.Reason = "it registered itself, and does so again"
		return o, nil
	}
	uris := x.RedirectURIs
	if len(uris) == 0 && x.CallbackURL != "" {
		uris = []string{x.CallbackURL}
	}
	f := admin.ApplicationFields{
		Name: &x.Name, RedirectURIs: uris, Scopes: &x.Scopes, ConsentScreen: &x.Consent, Public: &x.Public, DeviceGrant: &x.Device,
	}
	if x.PKCE || x.Public {
		f.RequirePKCE = new(true)
	}
	_, err := a.ImportApplication(ctx, f, x.ClientID, secret, dryRun)
	var wrong *admin.Error
	switch {
	case errors.Is(err, store.ErrConflict):
		o.What = Present
	case errors.As(err, &wrong):
		o.Reason = wrong.Error()
	case err != nil:
		return o, err
	default:
		o.What = Created
		if !x.Public && secret == "" {
			o.Reason = "its client secret is not known: make a new one with signet apps rotate-secret"
		}
	}
	return o, nil
}
