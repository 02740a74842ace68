package sdk

import (
	"testing"

	"github.com/clerk/clerk-sdk-go/v2/jwks"
)

func TestKeys(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		set, err := jwks.NewClient(s.config()).Get(t.Context(), &jwks.GetParams{})
		if err != nil || len(set.Keys) == 0 {
			t.Fatalf("Get = %+v, %v", set, err)
		}
		for _, key := range set.Keys {
			if key.KeyID == "" || key.Algorithm == "" || key.Use != "sig" {
				t.Errorf("key %+v", key)
			}
		}
	})
}
