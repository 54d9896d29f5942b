/**
 * When a slot is due and how many frames it carries (spec C-20 to C-25). Pure: no IO, no thread, no clock; time comes in as a parameter, decisions go out.
 */
package org.qnsp.stealth;
