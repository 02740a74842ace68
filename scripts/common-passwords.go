//go:build ignore

// Common-passwords makes internal/account/common.bin of a list of passwords, one a
// line: the first five bytes of the SHA-256 of each that is long enough to be
// chosen, in order.
//
//	go run scripts/common-passwords.go < list > internal/account/common.bin
package main

import (
	"bufio"
	"crypto/sha256"
	"log"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

func main() {
	var hashes []string
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		word, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ") // a count may follow
		if utf8.RuneCountInString(word) >= 8 {
			sum := sha256.Sum256([]byte(strings.ToLower(word)))
			hashes = append(hashes, string(sum[:5]))
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
	slices.Sort(hashes)
	if _, err := os.Stdout.WriteString(strings.Join(slices.Compact(hashes), "")); err != nil {
		log.Fatal(err)
	}
}
