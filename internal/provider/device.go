package provider

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/token"
)

// DevicePage is where people type the code that their device shows.
const devicePage = "/device"

// A deviceAnswer is what a device shows its user (RFC 8628 §3.2).
type deviceAnswer struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int64  `json:"expires_in"` // seconds
	Interval                int64  `json:"interval"`
}

// deviceAuthorization serves POST /oauth/device_authorization (RFC 8628 §3.1).
func (p *Provider) deviceAuthorization(r *http.Request) (any, error) {
	form, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if err := form.Once(); err != nil {
		return nil, err
	}
	client, err := p.authenticate(r, r.Header.Get("Authorization"), form)
	if err != nil {
		return nil, err
	}
	x, err := oauth.ReadDeviceAuthorization(form, client)
	if err != nil {
		return nil, err
	}
	if !p.devicePace.Allow(client.Client().ID) {
		return nil, errTooMany
	}
	for range 5 { // two devices with one code are as likely as winning twice
		answer, err := p.newDevice(r.Context(), client.Client().ID, x)
		if !errors.Is(err, store.ErrConflict) {
			return answer, err
		}
	}
	return nil, errors.New("no user code is free")
}

func (p *Provider) newDevice(ctx context.Context, clientID string, x oauth.DeviceAuthorization) (any, error) {
	var random [32]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	deviceCode := "odc_" + base64.RawURLEncoding.EncodeToString(random[:])
	rand.Read(random[:])
	userCode, ok := oauth.NewUserCode(random[:])
	if !ok {
		return nil, store.ErrConflict
	}
	err := p.devices.CreateDeviceRequest(ctx, store.DeviceRequest{
		DeviceCode: oauth.HashSecret(deviceCode),
		UserCode:   userCode,
		ClientID:   clientID,
		Scopes:     x.Scopes,
		Nonce:      x.Nonce,
		Resources:  x.Resources,
		Interval:   oauth.DeviceInterval,
		ExpiresAt:  p.now().Add(oauth.DeviceLifetime),
	})
	if err != nil {
		return nil, fmt.Errorf("keeping a device request: %w", err)
	}
	shown := oauth.ShowUserCode(userCode)
	return deviceAnswer{
		DeviceCode:              deviceCode,
		UserCode:                shown,
		VerificationURI:         p.issuer + devicePage,
		VerificationURIComplete: p.issuer + devicePage + "?user_code=" + shown,
		ExpiresIn:               int64(oauth.DeviceLifetime / time.Second),
		Interval:                int64(oauth.DeviceInterval / time.Second),
	}, nil
}

// exchangeDeviceCode serves the polls of a device (RFC 8628 §3.4). What was
// approved buys once: the grant's id was settled with the approval, and
// RedeemCode admits it once.
func (p *Provider) exchangeDeviceCode(ctx context.Context, client oauth.AuthenticatedClient, deviceCode string) (*tokenResponse, error) {
	c := client.Client()
	now := p.now().Truncate(time.Millisecond)
	d, tooSoon, err := p.devices.PollDeviceRequest(ctx, oauth.HashSecret(deviceCode), c.ID, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, oauth.ErrForgedDeviceCode
	case err != nil:
		return nil, fmt.Errorf("polling: %w", err)
	}
	poll := oauth.DevicePoll{
		Denied: d.Status == store.DeviceDenied, Approved: d.Status == store.DeviceApproved, TooSoon: tooSoon, ExpiresAt: d.ExpiresAt,
	}
	if err := poll.Check(now); err != nil {
		return nil, err
	}
	code := oauth.Code{
		GrantID: d.GrantID, ClientID: d.ClientID, UserID: d.UserID, SessionID: d.SessionID, Scopes: d.Scopes,
		Nonce: d.Nonce, AuthorizedAt: d.AuthorizedAt, OrganizationID: d.OrganizationID, Details: oauth.Details{Resources: d.Resources},
	}
	if d.Scopes.Has(oauth.ScopeOpenID) {
		code.AuthTime, code.Methods = d.AuthTime, d.Methods
	}
	return p.redeem(ctx, c, code, code.Resources, now)
}

// redeem mints the tokens of a code and then lets the store decide who was first.
func (p *Provider) redeem(ctx context.Context, c oauth.Client, code oauth.Code, resources []string, now time.Time) (*tokenResponse, error) {
	grant := code.Grant(now, c.Lifetimes)
	var err error
	if grant.Organization, err = p.memberOf(ctx, code.UserID, code.OrganizationID); err != nil {
		return nil, err
	}
	pair, err := p.mint(ctx, token.Order{Grant: grant, Client: c, Scopes: grant.Scopes, Resources: resources, Nonce: code.Nonce})
	if err != nil {
		return nil, err
	}
	err = p.grants.RedeemCode(ctx, grant)
	switch {
	case errors.Is(err, store.ErrReplayed):
		if standing, err := p.standing(ctx, grant.ID); err == nil {
			doctor.From(ctx).Grant(standing.Grant)
		}
		return nil, oauth.ErrCodeReplayed
	case errors.Is(err, store.ErrDead):
		return nil, oauth.ErrAuthorizationWithdrawn
	case err != nil:
		return nil, fmt.Errorf("redeeming a code: %w", err)
	}
	return p.tokenAnswer(pair), nil
}
