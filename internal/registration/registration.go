// Package registration knows the clients that nobody has entered: those that
// registered themselves (RFC 7591), whose client_id is a signed statement of what
// they said, and those that a document on the web describes (OAuth Client ID
// Metadata Document). Nothing is kept of either until a user agrees to one.
//
// Read Clients first. statement.go has the format of a client_id, document.go
// what is fetched, and how nothing else can be.
package registration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/ksuid"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// Clients finds clients, kept or not. It is safe for concurrent use.
type Clients struct {
	kept       store.Clients
	instances  store.Instances
	statements *Statements
	documents  *Documents
	now        func() time.Time
}

// New makes Clients.
func New(kept store.Clients, instances store.Instances, statements *Statements, documents *Documents, now func() time.Time) *Clients {
	return &Clients{kept: kept, instances: instances, statements: statements, documents: documents, now: now}
}

// ClientByClientID finds a client that is kept, or store.ErrNotFound. It is what
// the token endpoint asks: whoever has a code or a token has been agreed to.
func (c *Clients) ClientByClientID(ctx context.Context, id string) (store.Client, error) {
	return c.kept.ClientByClientID(ctx, id)
}

// Asking finds the client of an authorization request, kept or not. It fails with
// store.ErrNotFound for one that is unknown, and with an *oauth.Error for one that
// is not admitted.
func (c *Clients) Asking(ctx context.Context, id string) (store.Client, error) {
	kept, err := c.kept.ClientByClientID(ctx, id)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Client{}, err
	}
	switch {
	case oauth.IsDocumentURL(id):
		return c.fromDocument(ctx, id, kept, known)
	case known:
		return kept, nil
	}
	statement, ok := c.statements.Open(id)
	if !ok {
		return store.Client{}, store.ErrNotFound
	}
	instance, err := c.instances.Instance(ctx)
	switch {
	case err != nil:
		return store.Client{}, err
	case !instance.Settings.DynamicRegistration:
		return store.Client{}, store.ErrNotFound
	}
	deleted, err := c.kept.ClientDeleted(ctx, id)
	switch {
	case err != nil:
		return store.Client{}, err
	case deleted:
		return store.Client{}, store.ErrNotFound
	}
	return c.client(statement.Metadata, id, statement.Secret, instance.Settings), nil
}

// fromDocument finds a client by its document. One that is kept stays admitted
// while its document cannot be had; what the document says now is what counts
// otherwise.
func (c *Clients) fromDocument(ctx context.Context, id string, kept store.Client, known bool) (store.Client, error) {
	instance, err := c.instances.Instance(ctx)
	if err != nil {
		return store.Client{}, err
	}
	s := instance.Settings
	switch admitted := s.MetadataDocuments; {
	case known && !kept.DynamicallyRegistered: // the operator has entered it
	case known && admitted.BlockImplicit,
		!known && (!admitted.Advertised || admitted.OnlyPreRegistered || admitted.BlockImplicit):
		return store.Client{}, oauth.ErrDocumentsNotAdmitted
	}
	if !known {
		deleted, err := c.kept.ClientDeleted(ctx, id)
		switch {
		case err != nil:
			return store.Client{}, err
		case deleted:
			return store.Client{}, oauth.ErrDocumentsNotAdmitted
		}
	}
	m, err := c.documents.Get(ctx, id, s.DefaultScopes)
	switch {
	case err != nil && known:
		return kept, nil
	case err != nil:
		return store.Client{}, err
	}
	fresh := c.client(m, id, oauth.Hash{}, s)
	if known {
		// What the operator may have changed stays; what only the client can know
		// is the document's.
		kept.RedirectURIs, kept.Name, kept.ClientURI = fresh.RedirectURIs, fresh.Name, fresh.ClientURI
		return kept, nil
	}
	return fresh, nil
}

// client makes what is kept, if it is, of what a client says.
func (c *Clients) client(m oauth.ClientMetadata, id string, secret oauth.Hash, s store.Settings) store.Client {
	client := store.Client{Client: m.Client(id, secret), Name: m.Name, ClientURI: m.URI}
	client.Lifetimes, client.JWTAccessTokens, client.Resources = s.Lifetimes, s.JWTAccessTokens, s.Resources
	if !s.Organizations.Enabled {
		client.Scopes = client.Scopes.Without(oauth.ScopeOrganization)
	}
	if client.Name == "" {
		client.Name = "Application at " + m.RedirectURIs[0]
	}
	return client
}

// Admit keeps a client because a user has agreed to it, unless it is kept already.
// It fails with store.ErrNotFound if there is no such client any more.
func (c *Clients) Admit(ctx context.Context, id string) error {
	client, err := c.Asking(ctx, id)
	if err != nil || client.ApplicationID != "" && !oauth.IsDocumentURL(id) {
		return err
	}
	if client.ApplicationID != "" {
		return c.refresh(ctx, client)
	}
	if client.ApplicationID, err = c.applicationID(); err != nil {
		return err
	}
	client.CreatedAt, client.UpdatedAt = c.now(), c.now()
	err = c.kept.AdmitClient(ctx, client)
	if err != nil {
		return fmt.Errorf("keeping a client: %w", err)
	}
	return nil
}

// refresh keeps what a document says now: codes are checked against it.
func (c *Clients) refresh(ctx context.Context, client store.Client) error {
	kept, err := c.kept.ClientByClientID(ctx, client.ID)
	if err != nil || fmt.Sprint(kept.RedirectURIs, kept.Name, kept.ClientURI) == fmt.Sprint(client.RedirectURIs, client.Name, client.ClientURI) {
		return err
	}
	client.UpdatedAt = c.now()
	if err := c.kept.UpdateClient(ctx, client); err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("keeping what a document says: %w", err)
	}
	return nil
}

// Allow keeps the client that a document describes because the operator wants it:
// it passes whatever the settings say about those that become known by themselves.
// The error is an *oauth.Error if the document is no good.
func (c *Clients) Allow(ctx context.Context, id string) (store.Client, error) {
	kept, err := c.kept.ClientByClientID(ctx, id)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Client{}, err
	}
	if known {
		kept.DynamicallyRegistered = false
		if err := c.kept.UpdateClient(ctx, kept); err != nil {
			return store.Client{}, err
		}
		return kept, nil
	}
	instance, err := c.instances.Instance(ctx)
	if err != nil {
		return store.Client{}, err
	}
	m, err := c.documents.Get(ctx, id, instance.Settings.DefaultScopes)
	if err != nil {
		return store.Client{}, err
	}
	client := c.client(m, id, oauth.Hash{}, instance.Settings)
	client.DynamicallyRegistered = false
	if client.ApplicationID, err = c.applicationID(); err != nil {
		return store.Client{}, err
	}
	client.CreatedAt, client.UpdatedAt = c.now(), c.now()
	return client, c.kept.AdmitClient(ctx, client)
}

func (c *Clients) applicationID() (string, error) {
	id, err := ksuid.NewRandomWithTime(c.now())
	if err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return "oa_" + id.String(), nil
}
