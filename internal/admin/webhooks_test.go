package admin

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/keyring"
	"github.com/signet-auth/signet/internal/store"
	"github.com/signet-auth/signet/internal/webhook"
)

// meeting lets nobody go on who has read an endpoint before all have.
type meeting struct {
	Webhooks
	all sync.WaitGroup
}

func (m *meeting) Webhook(ctx context.Context, id string) (store.Webhook, error) {
	w, err := m.Webhooks.Webhook(ctx, id)
	m.all.Done()
	m.all.Wait()
	return w, err
}

func TestConcurrentRotationsOfAWebhook(t *testing.T) {
	a, db := started(t)
	a.webhooks, a.webhookSecret = db, webhook.NewSecrets(keyring.Generate())
	w, err := a.CreateWebhook(t.Context(), WebhookFields{URL: new("https://app.example.com/webhooks")})
	if err != nil {
		t.Fatal(err)
	}
	const callers = 6
	m := &meeting{Webhooks: db}
	m.all.Add(callers)
	a.webhooks = m
	var won []Webhook
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			rotated, err := a.RotateWebhookSecret(t.Context(), w.ID, time.Hour)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, rotated)
			case !errors.Is(err, store.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d of %d rotations succeeded, want 1", len(won), callers)
	}
	kept, err := db.Webhook(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	now, err := a.webhookSecret.Open(kept.Secret)
	if err != nil || now != won[0].Value {
		t.Errorf("what signs is not what was answered, %v", err)
	}
	if before, err := a.webhookSecret.Open(kept.OldSecret); err != nil || before != w.Value {
		t.Errorf("what signs beside it is not what there was, %v", err)
	}
}
