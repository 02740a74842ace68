// Package attack does what attackers do, one test for each entry of the threat
// catalogue that concerns the protocol, and then checks what must hold whatever
// happens. Entries that other tests cover, and those about what Signet does not
// offer, are listed in elsewhere.go with the place or the reason.
package attack
