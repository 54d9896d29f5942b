/** What users install, and the end-to-end tests that run on it as a user would. */
package org.qnsp.dist;
