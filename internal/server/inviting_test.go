package server

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/internal/account"
	"github.com/signet-auth/signet/internal/ui"
)

// The page for newcomers says how long a password has to be, and package account
// decides it.
func TestPagesSayHowLongAPasswordIs(t *testing.T) {
	least := strings.Repeat("x", ui.LeastPassword)
	if err := account.CheckPassword(least); err != nil {
		t.Errorf("%d characters: %v", len(least), err)
	}
	if err := account.CheckPassword(least[1:]); err == nil {
		t.Errorf("%d characters are enough, but pages ask for one more", len(least)-1)
	}
}
