package account

import (
	"bufio"
	"context"
	"crypto/sha1" // what the interface is made of; nothing here depends on its strength
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What a question about a password may take.
const (
	breachedTimeout = 2 * time.Second
	breachedAnswer  = 1 << 20 // bytes
)

// A Breached asks a service which passwords have become public: the range API of
// Have I Been Pwned, or a copy of it. The service learns five of the forty digits
// of a hash.
type Breached struct {
	url    string
	client *http.Client
}

// NewBreached makes one for the URL that the digits follow.
func NewBreached(url string) *Breached {
	return &Breached{url: url, client: &http.Client{Timeout: breachedTimeout}}
}

// Has reports whether the password has become public. A service that does not
// answer is an error, which is no reason to refuse a password.
func (b *Breached) Has(ctx context.Context, password string) (bool, error) {
	sum := sha1.Sum([]byte(password))
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+digits[:5], nil)
	if err != nil {
		return false, fmt.Errorf("asking about a password: %w", err)
	}
	r.Header.Set("Add-Padding", "true") // so that the length of the answer tells nothing
	answer, err := b.client.Do(r)
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err // the rest is the URL, which has the digits in it
	}
	if err != nil {
		return false, fmt.Errorf("asking about a password: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("asking about a password: status %d", answer.StatusCode)
	}
	lines := bufio.NewScanner(io.LimitReader(answer.Body, breachedAnswer))
	for lines.Scan() {
		rest, count, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if strings.EqualFold(rest, digits[5:]) && count != "0" { // lines with 0 are padding
			return true, nil
		}
	}
	return false, lines.Err()
}
