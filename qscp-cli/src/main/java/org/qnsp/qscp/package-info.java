/** qscp: the file copy client, and the program that serves copies on the server as the user. */
package org.qnsp.qscp;
