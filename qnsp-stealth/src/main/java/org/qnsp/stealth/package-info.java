/** When a slot is due and what it carries when there is nothing to say; pure: no IO, no thread, no clock. */
package org.qnsp.stealth;
