package account

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"sort"
)

// common holds the beginnings of the SHA-256 of common passwords in small letters,
// in order: those of at least eight characters among the 47,023 of zxcvbn's list
// (Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc., MIT), which were counted
// in passwords that became public. scripts/common-passwords.go makes it.
//
//go:embed common.bin
var common []byte

// commonSize is how much of a hash is kept: one password in 70 million is refused
// for nothing.
const commonSize = 5

// isCommon reports whether many others have the password.
func isCommon(password string) bool {
	sum := sha256.Sum256([]byte(CanonicalIdentifier(password)))
	n := len(common) / commonSize
	at := func(i int) []byte { return common[i*commonSize : (i+1)*commonSize] }
	i := sort.Search(n, func(i int) bool { return bytes.Compare(at(i), sum[:commonSize]) >= 0 })
	return i < n && bytes.Equal(at(i), sum[:commonSize])
}
