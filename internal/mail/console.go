package mail

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// A Console shows messages to whoever started the program, instead of sending
// them. It is for trying things out.
type Console struct {
	mu sync.Mutex
	w  io.Writer
}

// NewConsole makes a sender that writes to w.
func NewConsole(w io.Writer) *Console { return &Console{w: w} }

// Send implements Sender.
func (c *Console) Send(_ context.Context, m Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := strings.ReplaceAll(strings.TrimRight(m.Text, "\n"), "\n", "\n  | ")
	_, err := fmt.Fprintf(c.w, "\n  Mail to %s: %s\n  | %s\n\n", m.To, m.Subject, text)
	return err
}
